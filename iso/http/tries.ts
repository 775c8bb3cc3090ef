import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { HttpOptions } from './client.ts';

const BACK_OFF_MS: readonly number[] = [250, 1000, 3000, 8000];
const DEADLINE_MS = 120_000;
/** Failures of the connection or of the server, not of the file. */
const PASSING: ReadonlySet<string> = new Set(['iso.http-broken', 'iso.http-status', 'iso.http-unreachable']);

/** Decides after each failure whether there is another try. Progress gives all tries back. */
export interface Tries {
  progressed(): void;
  /** Waits before the next try, or throws the failure when it cannot pass or no try is left. */
  again(error: unknown, signal: AbortSignal | undefined): Promise<void>;
}

export function tries({ backOffMs = BACK_OFF_MS }: Pick<HttpOptions, 'backOffMs'>): Tries {
  let failed = 0;
  return {
    progressed() {
      failed = 0;
    },
    async again(error, signal) {
      signal?.throwIfAborted();
      const pause = backOffMs[failed];
      const passing = error instanceof IngotError && error.retryable && PASSING.has(error.code);
      if (!passing || pause === undefined) throw error;
      failed += 1;
      await delay(pause, undefined, { signal }).catch((reason: unknown) => {
        throw signal?.reason ?? reason;
      });
    },
  };
}

/**
 * Does something with a signal that is aborted with the caller's own, and when the deadline passes.
 *
 * @throws IngotError `iso.http-timeout`, or what `work` throws
 */
export async function withDeadline<T>(
  { signal, deadlineMs = DEADLINE_MS }: Pick<HttpOptions, 'signal' | 'deadlineMs'>,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    return await work(signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (!deadline.aborted || signal?.aborted) throw error;
    throw new IngotError('iso.http-timeout', `${what} took more than ${deadlineMs / 1000} s`, {
      cause: error,
      retryable: true,
      timedOut: true,
      remedy: 'The server or the way to it is very slow: download the file and name the local copy.',
    });
  }
}
