import { setTimeout } from 'node:timers/promises';

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as that is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Settles as `work` does, or rejects with the reason of the first signal that is aborted before. */
export function orAborted<T>(work: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) {
      work.catch(() => {}); // Its end does not matter any more.
      return reject(aborted.reason);
    }
    const stop = (event: Event) => {
      leave();
      reject(event.target instanceof AbortSignal ? event.target.reason : new DOMException('aborted', 'AbortError'));
    };
    const leave = () => {
      for (const signal of signals) signal.removeEventListener('abort', stop);
    };
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(leave);
  });
}

/** Resolves when `event` is aborted, or after `ms` milliseconds; rejects with the reason of `signal`. */
export async function waitFor(event: AbortSignal, ms: number, signal: AbortSignal): Promise<void> {
  if (event.aborted) return;
  try {
    await pause(ms, AbortSignal.any([event, signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (!event.aborted) throw error;
  }
}

/** 50 ms, doubled with each try, at most 2 s. */
export function backoffMs(tries: number): number {
  return Math.min(50 * 2 ** tries, 2000);
}

/** `90 s`, `1.5 s`, `45 min`: for messages. */
export function durationText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6000) / 10} min`;
}

/** An AggregateError (a host name with several addresses) has an empty message of its own. */
export function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}
