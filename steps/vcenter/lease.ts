import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { LeaseFolder, Signed } from './lease-file.ts';
import { type Holder, isGone, ourselves } from './lease-holder.ts';

/** Renewals in the time after which a silent holder is given up. */
const RENEWALS = 6;
/** More than the finest difference that a datastore's times of modification show. */
const SECOND_MS = 1500;
/** Milliseconds that giving the lease back may take. */
const giveBackMs = 30_000;
/** Files older than so many of these times have no holder, whatever the clocks of vCenter and its hosts differ by. */
const LONG_AGO = 10;

export interface LeaseOptions {
  readonly image: string;
  readonly build: string;
  /** Milliseconds that a holder may be silent before another build takes its place. */
  readonly silentMs: number;
  folder(signal: AbortSignal): Promise<LeaseFolder>;
  /** The present time of vCenter, as Date.now() counts. */
  now(signal: AbortSignal): Promise<number>;
}

export interface Lease {
  /**
   * Makes this build the only one of its image. Waits for a holder that may have died to be silent for long enough.
   *
   * @throws IngotError `build.leased` when another build is at work
   */
  take(tell: { progress(message: string): void; log(message: string): void }, signal: AbortSignal): Promise<void>;
  /** Aborted, with `build.lease-lost` as its reason, when another build has taken the place of this one. */
  readonly lost: AbortSignal;
  /** Gives it back. What cannot be given back ends by itself. */
  release(): Promise<void>;
}

/**
 * Keeps two builds of one image apart, on any two machines: who makes the folder holds it (MakeDirectory is atomic), signs
 * in a file in it and renews that file. A build that dies without a word leaves both, and is silent from then on.
 */
export function buildLease(options: LeaseOptions): Lease {
  const { image, silentMs } = options;
  const file = `holder-${randomBytes(8).toString('hex')}.json`;
  const lost = new AbortController();
  const stopped = new AbortController();
  let held: { readonly folder: LeaseFolder; holder: Holder } | undefined;
  let renewing: Promise<void> = Promise.resolve();
  /** When the last signature was begun that came to be: nobody can think this build silent since earlier. */
  let signed = performance.now();

  /** @param alone no one else can be about to sign: this build made the folder, or took the holder's file away */
  async function hold(folder: LeaseFolder, alone: boolean, signal: AbortSignal): Promise<void> {
    signed = performance.now();
    const holder = await ourselves(options.build);
    try {
      await folder.write(file, holder, signal);
    } catch (error) {
      // Whoever comes next need not wait for a build that never was. After a while another one may have the folder.
      const ours = alone && performance.now() - signed < silentMs / 2;
      await folder.remove(ours ? undefined : file, AbortSignal.timeout(giveBackMs)).catch(() => undefined);
      throw error;
    }
    if (!alone || performance.now() - signed > silentMs / 2) {
      // Several may sign a folder that they found without a signature: who was first has it. Datastores tell seconds.
      await delay(Math.min(SECOND_MS, silentMs / 2), undefined, { signal });
      const all = await folder.signed(signal);
      const [first] = all.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
      if (first !== undefined && first.file !== file) {
        await folder.remove(file, signal);
        throw leased(image, first);
      }
    }
    held = { folder, holder };
    renewing = renew(folder).catch(() => undefined);
  }

  async function renew(folder: LeaseFolder): Promise<void> {
    for (;;) {
      await delay(silentMs / RENEWALS, undefined, { signal: stopped.signal, ref: false });
      const late = new AbortController();
      // A server that never answers must not keep this build from ending before another one begins.
      const timer = setTimeout(
        () => late.abort(),
        Math.max(silentMs / RENEWALS, signed + silentMs - performance.now()),
      );
      timer.unref();
      const signal = AbortSignal.any([stopped.signal, late.signal]);
      try {
        const now = await folder.read(file, signal);
        if (now === undefined && held !== undefined) {
          // Unreadable for a moment, or gone: only the list of the folder tells.
          const all = await folder.signed(signal);
          if (!all.some((one) => one.file === file)) return lost.abort(lostTo(image, all[0]));
        }
        if (held === undefined) return;
        const begun = performance.now();
        held.holder = { ...held.holder, renewed: held.holder.renewed + 1 };
        await folder.write(file, held.holder, signal);
        const other = await successor(folder, signal);
        if (other !== undefined) {
          await folder.remove(file, signal).catch(() => undefined);
          return lost.abort(lostTo(image, other));
        }
        signed = begun;
      } catch {
        // vCenter may be away for a while; but who was silent for too long must not go on.
        if (stopped.signal.aborted) return;
        if (late.signal.aborted || performance.now() - signed > silentMs) return lost.abort(lostTo(image, undefined));
      } finally {
        clearTimeout(timer);
      }
    }
  }

  /** Who signed beside a build that was silent for long: what it writes after that does not bring the lease back. */
  async function successor(folder: LeaseFolder, signal: AbortSignal): Promise<Signed | undefined> {
    if (performance.now() - signed <= silentMs / 2) return undefined;
    return (await folder.signed(signal)).find((one) => one.file !== file);
  }

  return {
    lost: lost.signal,
    async take({ progress, log }, signal) {
      const folder = await options.folder(signal);
      let seen: { readonly text: string; readonly at: number } | undefined;
      /** Who it was when that could be read: a file that is being written anew cannot. */
      let known: Signed | undefined;
      for (;;) {
        if ((await folder.make(signal)) === 'created') return hold(folder, true, signal);
        // More than one: a holder that was silent has signed again beside its successor. Any of them may be alive.
        const all = (await folder.signed(signal)).toSorted((a, b) => (order(a) < order(b) ? 1 : -1));
        const [other] = all;
        const text = JSON.stringify(all);
        if (other?.holder !== undefined || other?.file !== known?.file) known = other;
        if (seen !== undefined && seen.text !== text && other !== undefined) throw leased(image, known);
        if (seen?.text !== text) seen = { text, at: performance.now() };
        const silent = performance.now() - seen.at;
        if (silent >= silentMs || (other !== undefined && (await areDead(all, signal)))) {
          if (!(await takenAway(folder, all, signal))) continue;
          log(`${who(other)} ended without giving ${image} back: going on in its place`);
          return hold(folder, other !== undefined, signal);
        }
        const left = Math.ceil((silentMs - silent) / 1000);
        progress(`Waiting: ${who(other)} builds ${image}; taking its place in ${left} s unless it is alive`);
        // Nothing in vCenter tells of a file: looked at as often as a holder that lives renews it.
        await delay(Math.min(silentMs / RENEWALS, silentMs - silent) + 5, undefined, { signal });
      }
    },
    async release() {
      stopped.abort();
      await renewing;
      const { folder } = held ?? {};
      held = undefined;
      if (folder === undefined || lost.signal.aborted) return;
      const signal = AbortSignal.timeout(giveBackMs);
      try {
        const other = await successor(folder, signal);
        await folder.remove(other === undefined ? undefined : file, signal);
      } catch {
        // It ends by itself.
      }
    },
  };

  async function areDead(all: readonly Signed[], signal: AbortSignal): Promise<boolean> {
    for (const one of all) if (!(await isDead(one, signal))) return false;
    return true;
  }

  /** False when somebody else was first, or still signs. */
  async function takenAway(folder: LeaseFolder, all: readonly Signed[], signal: AbortSignal): Promise<boolean> {
    const as = (index: number) => `gone-${index === 0 ? '' : `${index}-`}${file.slice(7)}`;
    for (const [index, one] of all.entries()) if (!(await folder.takeAway(one.file, as(index), signal))) return false;
    return true;
  }

  async function isDead({ holder, modified }: Signed, signal: AbortSignal): Promise<boolean> {
    if (holder !== undefined && (await isGone(holder))) return true;
    const written = modified === undefined ? Number.NaN : Date.parse(modified);
    return (await options.now(signal)) - written > LONG_AGO * silentMs;
  }
}

const order = ({ modified, file }: Signed): string => `${modified ?? ''} ${file}`;

function who(signed: Signed | undefined): string {
  const { holder } = signed ?? {};
  return holder === undefined ? 'another build' : `build ${holder.build} on ${holder.host} (since ${holder.since})`;
}

function leased(image: string, signed: Signed | undefined): IngotError {
  return new IngotError('build.leased', `expected no other build of ${image}, found ${who(signed)} at work`, {
    retryable: true,
    remedy: 'wait until it has ended and build again: what it has finished is not built twice',
  });
}

function lostTo(image: string, signed: Signed | undefined): IngotError {
  const found =
    signed === undefined ? 'that this one was silent for too long' : `that ${who(signed)} has taken its place`;
  return new IngotError('build.lease-lost', `expected to be the only build of ${image}, found ${found}`, {
    retryable: true,
    remedy:
      'vCenter or its datastore could not be reached for a while, or somebody deleted the lease: build again, it goes on where this one ended',
  });
}
