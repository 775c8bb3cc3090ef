import { IngotError } from './failure.ts';

/**
 * Collects all that is wrong before anything is thrown: who has three mistakes to mend wants to hear of three.
 */
export class Problems {
  readonly #found: IngotError[] = [];

  get size(): number {
    return this.#found.length;
  }

  /** What was found already, in the same words, is not added again. */
  add(...problems: readonly IngotError[]): void {
    for (const problem of problems) {
      const known = this.#found.some(({ code, message }) => code === problem.code && message === problem.message);
      if (!known) this.#found.push(problem);
    }
  }

  /** The result of some work; undefined if it threw an IngotError, which is kept. Anything else is thrown on. */
  async gather<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof IngotError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  /**
   * Throws if anything was found: one problem as it is; of several the first one's code and message, with the others in
   * its evidence, each with what to do.
   */
  throwIfAny(): void {
    const [first, ...rest] = this.#found;
    if (first === undefined) return;
    if (rest.length === 0) throw first;
    const all = this.#found;
    const more = rest.flatMap(({ message, code, remedy, evidence = [] }) => [
      `also: ${message} (${code})${remedy === undefined ? '' : `; ${remedy}`}`,
      ...evidence,
    ]);
    throw new IngotError(first.code, first.message, {
      remedy: first.remedy,
      evidence: [...(first.evidence ?? []), ...more],
      retryable: all.every(({ retryable }) => retryable),
      unreachable: all.some(({ unreachable }) => unreachable),
      timedOut: all.some(({ timedOut }) => timedOut),
    });
  }
}
