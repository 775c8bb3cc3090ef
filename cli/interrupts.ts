import { exitCodes } from './exit-codes.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Ctrl-C (and the SIGTERM of a CI system that cancels): the first aborts the signal, so that all ends cleanly; the
 * second ends the process at once.
 */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #stopping: (() => void)[] = [];

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Called at the first interrupt, before the signal is aborted: the place to say that the end is near. */
  onFirst(listener: () => void): void {
    this.#stopping.push(listener);
  }

  /** Begins to listen to the process's signals. */
  listen(): void {
    for (const signal of signals) process.on(signal, () => this.#interrupt());
  }

  #interrupt(): void {
    if (this.signal.aborted) process.exit(exitCodes.interrupted);
    for (const listener of this.#stopping) listener();
    this.#controller.abort(new DOMException('interrupted', 'AbortError'));
  }
}
