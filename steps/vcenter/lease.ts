import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { LeaseFolder, Signed } from './lease-file.ts';
import { type Holder, isGone, ourselves } from './lease-holder.ts';

/** Renewals in the time after which a silent holder is given up. */
const RENEWALS = 6;
/** More than the finest difference that a datastore's times of modification show. */
const SECOND_MS = 1500;
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

  /** @param alone no one else can be about to sign: this build made the folder, or took the holder's file away */
  async function hold(folder: LeaseFolder, alone: boolean, signal: AbortSignal): Promise<void> {
    const begun = performance.now();
    const holder = await ourselves(options.build);
    await folder.write(file, holder, signal);
    if (!alone || performance.now() - begun > silentMs / 2) {
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
    let last = performance.now();
    for (;;) {
      await delay(silentMs / RENEWALS, undefined, { signal: stopped.signal, ref: false });
      try {
        const now = await folder.read(file, stopped.signal);
        if (now === undefined && held !== undefined) {
          // Unreadable for a moment, or gone: only the list of the folder tells.
          const all = await folder.signed(stopped.signal);
          if (!all.some((one) => one.file === file)) return lost.abort(lostTo(image, all[0]));
        }
        if (held === undefined) return;
        held.holder = { ...held.holder, renewed: held.holder.renewed + 1 };
        await folder.write(file, held.holder, stopped.signal);
        last = performance.now();
      } catch {
        // vCenter may be away for a while; but who was silent for too long must not go on.
        if (stopped.signal.aborted) return;
        if (performance.now() - last > silentMs) return lost.abort(lostTo(image, undefined));
      }
    }
  }

  return {
    lost: lost.signal,
    async take({ progress, log }, signal) {
      const folder = await options.folder(signal);
      let seen: { readonly text: string; readonly at: number } | undefined;
      for (;;) {
        if ((await folder.make(signal)) === 'created') return hold(folder, true, signal);
        const [other] = await folder.signed(signal);
        const text = JSON.stringify(other ?? null);
        if (seen !== undefined && seen.text !== text && other !== undefined) throw leased(image, other);
        if (seen?.text !== text) seen = { text, at: performance.now() };
        const silent = performance.now() - seen.at;
        if (silent >= silentMs || (other !== undefined && (await isDead(other, signal)))) {
          const taken = other === undefined || (await folder.takeAway(other.file, `gone-${file.slice(7)}`, signal));
          if (!taken) continue;
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
      await folder.remove(undefined, AbortSignal.timeout(30_000)).catch(() => undefined);
    },
  };

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
