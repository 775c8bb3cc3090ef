import { GuestError } from '../errors.ts';
import { durationText, pause } from '../wait.ts';
import type { GuestOperations } from './operations.ts';

const BACK_OFF_MS = { first: 250, factor: 2, most: 2000 };
/** Refusals in a row after which the password is taken for wrong. Ten would lock Administrator out. */
const REFUSALS = { first: 4, later: 9 };
/** Refusals while Windows starts: the waits between nine come to 46 s. */
const REFUSED_MOST_MS = 15_000;

/**
 * Tries again while VMware Tools are away, or Windows does not let the account in yet, within a deadline.
 *
 * vSphere has one fault, InvalidGuestLogin, for a wrong password and for a Windows that has just started. What tells them
 * apart is what is known besides: a password that was taken before, or a Windows that is known to be starting, is given
 * nine tries over three quarters of a minute; another one four within two seconds.
 */
export class Patience {
  readonly #operations: GuestOperations;
  readonly #deadlineMs: number;
  /** Whether a refusal may mean that Windows is not ready. */
  #mayPass: boolean;

  constructor(operations: GuestOperations, deadlineMs: number, starting: boolean) {
    this.#operations = operations;
    this.#deadlineMs = deadlineMs;
    this.#mayPass = starting;
  }

  /** Does what may be done twice. */
  async with<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const endsAt = performance.now() + this.#deadlineMs;
    let refused = 0;
    for (let wait: number = BACK_OFF_MS.first; ; wait = this.#next(wait, refused > 0)) {
      try {
        const done = await work();
        this.#mayPass = true;
        return done;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof GuestError)) throw error;
        if (error.code === 'guest.auth') refused += 1;
        const limit = this.#mayPass ? REFUSALS.later : REFUSALS.first;
        const again = error.code === 'guest.auth' ? refused < limit : error.code === 'guest.unreachable';
        if (!again) throw error;
        if (performance.now() + wait >= endsAt) throw gaveUp(error, this.#deadlineMs);
        await pause(wait, signal);
        await this.#operations.waitFor(({ ready }) => ready, {
          what: `VMware Tools of ${this.#operations.name} to answer`,
          deadlineMs: Math.max(1, endsAt - performance.now()),
          signal,
        });
      }
    }
  }

  #next(wait: number, refused: boolean): number {
    return Math.min(wait * BACK_OFF_MS.factor, refused && this.#mayPass ? REFUSED_MOST_MS : BACK_OFF_MS.most);
  }
}

function gaveUp(last: GuestError, deadlineMs: number): GuestError {
  if (last.code === 'guest.auth') return last;
  const message = `${last.message} So it was for ${durationText(deadlineMs)}.`;
  const { remedy, evidence, cause } = last;
  return new GuestError(last.code, message, {
    cause,
    remedy,
    evidence,
    retryable: true,
    unreachable: true,
    timedOut: true,
  });
}
