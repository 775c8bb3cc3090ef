import { GuestError } from './errors.ts';
import { backoffMs, orAborted, pause } from './wait.ts';

/** OpenSSH's MaxSessions unless sshd_config says otherwise. */
const MAX_SESSIONS = 10;
/** Tries while nothing of ours is open: sshd frees a session a moment after both sides have closed it. */
const TRIES = 6;

/** What a channel of ssh2 is here: something that says when it is closed. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
}

/**
 * The session channels of one connection: as many at a time as the server takes. sshd answers one beyond its
 * MaxSessions with “open failed”: from then on no more than that are opened, and the others wait their turn.
 */
export class Channels {
  #limit = MAX_SESSIONS;
  /** Open, or being opened. */
  #open = 0;
  /** Those among them that stay for as long as the connection does. */
  #lasting = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * Opens a channel as soon as there is room for it. Its place is free again when it closes. `discard` closes one that
   * came too late. Rejects with what `start` rejected with, with `guest.channels` when the server takes no channel at
   * all, or with the reason of a signal.
   */
  async open<C extends Closing>(
    start: () => Promise<C>,
    options: {
      readonly discard: (channel: C) => void;
      readonly signals: readonly AbortSignal[];
      readonly lasting?: boolean;
    },
  ): Promise<C> {
    const { discard, signals, lasting = false } = options;
    for (let refused = 0; ; ) {
      await this.#place(signals);
      const leave = this.#entered(lasting);
      const opening = start();
      opening.then((channel) => channel.once('close', leave), leave);
      try {
        return await orAborted(opening, ...signals);
      } catch (error) {
        opening.then(discard, () => {});
        for (const signal of signals) signal.throwIfAborted();
        if (!isRefusal(error)) throw error;
        await opening.catch(() => {});
        if (this.#open > this.#lasting) {
          this.#limit = Math.min(this.#limit, this.#open);
          continue;
        }
        refused += 1;
        if (refused >= TRIES) throw noChannel(error, this.#lasting);
        await pause(backoffMs(refused), AbortSignal.any([...signals]));
      }
    }
  }

  async #place(signals: readonly AbortSignal[]): Promise<void> {
    if (this.#open < this.#limit) {
      this.#open += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await orAborted(promise, ...signals);
    } catch (error) {
      const index = this.#waiting.indexOf(resolve);
      if (index >= 0) this.#waiting.splice(index, 1);
      else this.#free(); // The place had been given to it already.
      throw error;
    }
  }

  /** Takes over a place that is counted; what it returns gives it back, once. */
  #entered(lasting: boolean): () => void {
    if (lasting) this.#lasting += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (lasting) this.#lasting -= 1;
      this.#free();
    };
  }

  #free(): void {
    this.#open -= 1;
    while (this.#open < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#open += 1;
      next();
    }
  }
}

/** ssh2 puts the reason code of SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254, section 5.1) into `reason`. */
export function openFailure(error: unknown): number | undefined {
  return error instanceof Error && 'reason' in error && typeof error.reason === 'number' ? error.reason : undefined;
}

function isRefusal(error: unknown): boolean {
  return openFailure(error) !== undefined;
}

function noChannel(cause: unknown, lasting: number): GuestError {
  const beside = lasting > 0 ? ' beside the one for files' : '';
  return new GuestError('guest.channels', `Expected sshd to open a session channel${beside}, found it refused.`, {
    cause,
    remedy: 'Set MaxSessions in sshd_config to 2 or more (10 is the default), and restart sshd.',
  });
}
