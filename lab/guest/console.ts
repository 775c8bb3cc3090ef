import { setTimeout as delay } from 'node:timers/promises';

/** The VM's screen and keyboard. */
export class GuestConsole {
  /** What stands on the screen. */
  screen = '';
  #waiting: (() => void) | undefined;

  /** A key was pressed; nobody keeps one that nobody waits for. */
  pressKey(): void {
    this.#waiting?.();
  }

  /** Whether a key is pressed within so many milliseconds from now. Rejects when the signal is aborted. */
  async waitForKey(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    const key = Promise.withResolvers<boolean>();
    this.#waiting = () => key.resolve(true);
    const timer = new AbortController();
    const ended = AbortSignal.any([signal, timer.signal]);
    try {
      return await Promise.race([key.promise, delay(milliseconds, false, { signal: ended })]);
    } finally {
      this.#waiting = undefined;
      timer.abort();
    }
  }
}
