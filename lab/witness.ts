/**
 * Knows what clients of the proxy have been told. A real guest takes seconds to shut down after its last word; this one
 * waits exactly until a client has heard it, so that an instant lab needs no invented time.
 */
export class Witness {
  readonly #awaited = new Map<string, () => void>();

  /** True while somebody waits: only then are answers worth reading. */
  get curious(): boolean {
    return this.#awaited.size > 0;
  }

  /** Resolves when an answer to a client held the text, or after the time. */
  async heard(text: string, milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#awaited.set(text, resolve);
    await promise;
    clearTimeout(timer);
    this.#awaited.delete(text);
  }

  /** Called with every answer that went out. */
  tell(answer: string): void {
    for (const [text, resolve] of this.#awaited) if (answer.includes(text)) resolve();
  }
}
