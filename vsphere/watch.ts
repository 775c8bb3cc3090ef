import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../common/failure.ts';
import type { Followed, WATCHED, WatchedType } from './collector.ts';
import { Collector } from './collector.ts';
import { faultError, isFault } from './fault.ts';
import type { PathOf, Read, ReadOptions } from './properties.ts';
import type { Session } from './session.ts';
import type { Ref, VimFault } from './values.ts';
import { refText, sameRef } from './values.ts';

export interface WatchOptions extends ReadOptions {
  /** Milliseconds until the wait is given up. */
  readonly deadlineMs: number;
  /** What is waited for, as a noun phrase: `a report of Windows Setup`. Stands in the deadline's error. */
  readonly what: string;
  /** Objects that may be deleted meanwhile without ending the wait. */
  readonly mayVanish?: readonly Ref[] | undefined;
}

/** The properties of an object that can be waited for: those of WATCHED. */
export type Watched<T extends WatchedType> = Partial<Read<T, (typeof WATCHED)[T][number] & PathOf<T>>>;

/** Gives what is known of one of the objects waited for; undefined until it has been read. */
export type Look = <T extends WatchedType>(object: Ref<T>) => Watched<T> | undefined;

export interface WatcherTiming {
  /** Length of a long poll; at most 240, as proxies cut waits at 5 minutes. Also bounds how late a missed update is noticed. */
  readonly pollSeconds: number;
  /** Guest-written values have no documented latency and some updates are never sent: all is read again this often. */
  readonly rereadMs: number;
  /** How long vCenter may be out of reach before the waits fail: a restart of its services takes minutes. */
  readonly patienceMs: number;
}

export const DEFAULT_TIMING: WatcherTiming = { pollSeconds: 60, rereadMs: 60_000, patienceMs: 10 * 60_000 };

interface Waiter {
  readonly followed: readonly Followed[];
  /** Looks at the values; true when the wait is over. */
  check(): boolean;
  /** Whether what is known already would end the wait. */
  wouldEnd(): boolean;
  fail(error: unknown): void;
}

/** All waits of a connection: one loop, one long poll, no request while nothing is waited for. */
export class Watcher {
  readonly #session: Session;
  readonly #collector: Collector;
  readonly #timing: WatcherTiming;
  readonly #waiters = new Set<Waiter>();
  readonly #closing = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(session: Session, timing: WatcherTiming = DEFAULT_TIMING) {
    this.#session = session;
    this.#collector = new Collector(session);
    this.#timing = timing;
  }

  /**
   * Waits until `predicate` gives something else than undefined or false for the object's properties, and returns that.
   * It is asked with the present state first and then with each change. What it throws ends the wait.
   *
   * Throws `vsphere.deadline` (timedOut), `vsphere.gone` if the object is deleted, VsphereFault (NoPermission), the
   * signal's reason.
   */
  watch<T extends WatchedType, R>(
    object: Ref<T>,
    predicate: (values: Watched<T>) => R | undefined | false,
    options: WatchOptions,
  ): Promise<R> {
    return this.watchAll(
      [object],
      (look) => {
        const values = look(object);
        return values === undefined ? undefined : predicate(values);
      },
      options,
    );
  }

  /** Waits on several objects at once: the predicate looks at them through `look`. Throws like `watch`. */
  async watchAll<R>(
    objects: readonly Ref<WatchedType>[],
    predicate: (look: Look) => R | undefined | false,
    { signal, deadlineMs, what, mayVanish = [] }: WatchOptions,
  ): Promise<R> {
    signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const followed = objects.map((object) => this.#collector.follow(object));
    // Values of an object are read by the paths of its own type.
    const look: Look = <T extends WatchedType>(object: Ref<T>) =>
      followed.find((item) => sameRef(item.object, object))?.values as Watched<T> | undefined;
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#leave(waiter);
    };
    const waiter: Waiter = {
      followed,
      check: () => {
        try {
          for (const { object, lost } of followed)
            if (lost && !mayVanish.some((other) => sameRef(other, object))) throw lostError(object, lost, what);
          const result = predicate(look);
          if (result === undefined || result === false) return false;
          finish();
          resolve(result);
        } catch (error) {
          waiter.fail(error);
        }
        return true;
      },
      wouldEnd: () => {
        try {
          const result = predicate(look);
          return result !== undefined && result !== false;
        } catch {
          return true;
        }
      },
      fail: (error) => {
        finish();
        reject(error);
      },
    };
    const onAbort = () => waiter.fail(signal?.reason);
    const timer = setTimeout(() => waiter.fail(deadlineError(what, deadlineMs, objects)), deadlineMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiters.add(waiter);
    this.#begin(waiter).catch((error: unknown) => waiter.fail(error));
    return promise;
  }

  /** Ends the loop; waits still open fail with `vsphere.closed`. The server forgets the collector with the session. */
  async close(): Promise<void> {
    this.#closing.abort(new IngotError('vsphere.closed', 'the connection to vCenter was closed during a wait'));
    for (const waiter of [...this.#waiters]) waiter.fail(this.#closing.signal.reason);
    await this.#loop;
  }

  async #begin(waiter: Waiter): Promise<void> {
    const { signal } = this.#closing;
    // Waits begun together go out as one change of the view.
    await Promise.resolve();
    if (waiter.wouldEnd()) {
      // What is known is from an earlier wait and may be old.
      await this.#collector.reread(
        waiter.followed.map(({ object }) => object),
        signal,
      );
      if (waiter.check()) return;
    }
    // A poll that is under way takes note of a change of the view.
    if (this.#loop) await this.#collector.sync(signal).catch(() => undefined);
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
    });
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    const wanted = new Set([...this.#waiters].flatMap(({ followed }) => followed));
    for (const item of waiter.followed) if (!wanted.has(item)) this.#collector.unfollow(item.object);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let lastGood = Date.now();
    let lastReread = Date.now();
    let failures = 0;
    while (this.#waiters.size > 0 && !signal.aborted) {
      try {
        await this.#collector.sync(signal);
        await this.#collector.poll(this.#timing.pollSeconds, signal);
        if (Date.now() - lastReread >= this.#timing.rereadMs) {
          await this.#collector.reread(this.#wanted(), signal);
          lastReread = Date.now();
        }
        lastGood = Date.now();
        failures = 0;
        for (const waiter of [...this.#waiters]) waiter.check();
      } catch (error) {
        failures += 1;
        const hopeless = Date.now() - lastGood > this.#timing.patienceMs;
        if (signal.aborted || hopeless || !(await this.#recovers(error, failures)))
          for (const waiter of [...this.#waiters]) waiter.fail(error);
      }
    }
  }

  #wanted(): Ref<WatchedType>[] {
    return [...new Set([...this.#waiters].flatMap(({ followed }) => followed))].map(({ object }) => object);
  }

  /** Makes ready for another try with a new collector; false where another try is of no use. */
  async #recovers(error: unknown, failures: number): Promise<boolean> {
    const { generation } = this.#session;
    this.#collector.reset();
    try {
      if (isFault(error, 'NotAuthenticated')) await this.#session.renew(generation);
      else if (isFault(error, 'ManagedObjectNotFound')) {
        // The collector is gone, or one of the objects: then that one's waits end.
        await this.#collector.reread(this.#wanted(), this.#closing.signal);
        for (const waiter of [...this.#waiters]) waiter.check();
      } else if (!isFault(error, 'InvalidCollectorVersion', 'RequestCanceled')) {
        if (!(error instanceof IngotError && error.retryable)) return false;
      }
      if (failures > 1) {
        const pause = Math.min(250 * 2 ** failures, 15_000);
        await delay(pause, undefined, { signal: this.#closing.signal, ref: false });
      }
      return true;
    } catch (failed) {
      // The login was out of reach too: that is tried again, a refused one is not.
      return failed instanceof IngotError && failed.retryable;
    }
  }
}

function lostError(object: Ref, lost: VimFault, what: string): IngotError {
  if (lost.type !== 'ManagedObjectNotFound') return faultError(`waiting for ${what}`, lost);
  return new IngotError('vsphere.gone', `waiting for ${what}: ${refText(object)} was deleted meanwhile`);
}

function deadlineError(what: string, deadlineMs: number, objects: readonly Ref[]): IngotError {
  const message = `expected ${what} within ${Math.round(deadlineMs / 1000)} s, it did not come`;
  return new IngotError('vsphere.deadline', message, { timedOut: true, evidence: objects.map(refText) });
}
