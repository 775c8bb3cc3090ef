import { appendFile } from 'node:fs/promises';

/**
 * Writes every SOAP request of the lab's clients to a file, also those that the proxy answers itself: vcsim's own
 * `-trace` does not see them. Passwords are replaced: guest operations carry one in each request.
 */
export class Trace {
  readonly #file: string;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  write(request: string): void {
    const text = request.replace(/(<(?:\w+:)?password\b[^>]*>)[^<]*(<)/g, '$1***$2');
    this.#last = this.#last.then(() => appendFile(this.#file, `${text}\n`, { mode: 0o600 })).catch(() => {});
  }
}
