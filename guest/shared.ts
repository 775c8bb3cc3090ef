import { GuestError } from './errors.ts';
import { orAborted } from './wait.ts';

/**
 * Work that several callers may ask for at a time: one does it, and the others get what it comes to, failures with it. Only
 * the end of the signal of the one who began it is not shared: then the next one goes on with its own.
 */
export class Shared<T> {
  #work: Promise<T> | undefined;

  async get(signal: AbortSignal, begin: () => Promise<T>): Promise<T> {
    while (this.#work !== undefined) {
      try {
        return await orAborted(this.#work, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof GuestError) throw error;
      }
    }
    const work = begin();
    this.#work = work;
    const over = () => {
      this.#work = undefined;
    };
    work.then(over, over);
    return work;
  }
}

/** Work that is done by one caller at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => {});
    return orAborted(turn, signal);
  }
}
