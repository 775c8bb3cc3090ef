import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { buildLease, type Lease } from '../../steps/vcenter/lease.ts';
import type { LeaseFolder, Signed } from '../../steps/vcenter/lease-file.ts';
import type { Holder } from '../../steps/vcenter/lease-holder.ts';

const silentMs = 600;

/** A datastore's folder in memory, as one of its users sees it: `before` may hold up or refuse what that user asks. */
class Datastore {
  readonly files = new Map<string, { readonly holder: Holder; readonly modified: string }>();
  made = false;
  #writes = 0;

  /** Signed by a build of another machine, of which nothing more is heard. */
  sign(file: string, build: string): void {
    this.made = true;
    this.#writes += 1;
    const holder = { build, host: 'elsewhere', pid: 1, process: '', since: '', renewed: 0 };
    this.files.set(file, { holder, modified: new Date(Date.now() + this.#writes).toISOString() });
  }

  seenBy(before: (what: 'read' | 'write', signal: AbortSignal) => Promise<void> | void = () => undefined): LeaseFolder {
    const { files } = this;
    return {
      path: 'ingot/leases/image',
      make: async () => {
        const found = this.made;
        this.made = true;
        return found ? 'exists' : 'created';
      },
      signed: async () => [...files].map(([file, { holder, modified }]): Signed => ({ file, holder, modified })),
      read: async (file, signal) => {
        await before('read', signal);
        signal.throwIfAborted();
        return files.get(file)?.holder;
      },
      write: async (file, holder, signal) => {
        await before('write', signal);
        signal.throwIfAborted();
        this.#writes += 1;
        files.set(file, { holder, modified: new Date(Date.now() + this.#writes).toISOString() });
      },
      takeAway: async (file) => files.delete(file),
      remove: async (file) => {
        if (file !== undefined) return void files.delete(file);
        files.clear();
        this.made = false;
      },
    };
  }
}

const { signal } = new AbortController();
const tell = { progress: () => undefined, log: () => undefined };
const take = (lease: Lease) => lease.take(tell, signal);
const leaseIn = (folder: LeaseFolder, build: string): Lease =>
  buildLease({ image: 'image', build, silentMs, folder: async () => folder, now: async () => Date.now() });
const builds = ({ files }: Datastore) => [...files.values()].map(({ holder }) => holder.build);
const away = () => new IngotError('vsphere.unreachable', 'vCenter is away', { retryable: true });

test('one that was held up in the middle of a renewal signs beside its successor: it has lost, and leaves the other alone', {
  timeout: 10 * silentMs,
}, async () => {
  const datastore = new Datastore();
  const held = Promise.withResolvers<void>();
  let writes = 0;
  // Its signature is on its way and arrives late, whatever becomes of the request.
  const first = leaseIn(
    datastore.seenBy((what) => (what === 'write' && ++writes === 2 ? held.promise : undefined)),
    'first',
  );
  await take(first);
  const gone = once(first.lost, 'abort');
  // Given up by the clock of somebody else, while this one still hopes.
  setTimeout(() => {
    datastore.files.clear();
    datastore.sign('holder-ffffffffffffffff.json', 'second');
    held.resolve();
  }, silentMs * 0.8);
  await gone;
  assert.equal(first.lost.reason.code, 'build.lease-lost');
  assert.match(first.lost.reason.message, /build second on elsewhere/);
  await first.release();
  assert.deepEqual(builds(datastore), ['second']);
});

test('one that ends right after it was held up gives back nothing but its own', async () => {
  const datastore = new Datastore();
  const held = Promise.withResolvers<void>();
  const first = leaseIn(
    datastore.seenBy((what) => (what === 'read' ? held.promise : undefined)),
    'first',
  );
  await take(first);
  await new Promise((resolve) => setTimeout(resolve, silentMs * 0.7));
  datastore.sign('holder-ffffffffffffffff.json', 'second');
  const released = first.release();
  held.resolve();
  await released;
  assert.deepEqual(builds(datastore), ['second']);
});

test('beside a holder that is alive the file of a dead one gives nobody the lease', async () => {
  const datastore = new Datastore();
  datastore.sign('holder-0000000000000000.json', 'dead');
  const beat = setInterval(() => datastore.sign('holder-ffffffffffffffff.json', 'alive'), silentMs / 10);
  datastore.files.set('holder-0000000000000000.json', {
    holder: { build: 'dead', host: 'elsewhere', pid: 1, process: '', since: '', renewed: 0 },
    modified: new Date(Date.now() - 3_600_000).toISOString(),
  });
  try {
    datastore.sign('holder-ffffffffffffffff.json', 'alive');
    await assert.rejects(take(leaseIn(datastore.seenBy(), 'third')), {
      code: 'build.leased',
      message: /build alive on elsewhere/,
    });
  } finally {
    clearInterval(beat);
  }
});

test('both dead: both files go', async () => {
  const datastore = new Datastore();
  datastore.sign('holder-0000000000000000.json', 'dead');
  datastore.sign('holder-ffffffffffffffff.json', 'dead, too');
  const lease = leaseIn(datastore.seenBy(), 'next');
  await take(lease);
  assert.deepEqual(builds(datastore), ['next']);
  await lease.release();
  assert.equal(datastore.made, false);
});

test('a datastore that takes no signature: said, and nobody has to wait for this build', async () => {
  const datastore = new Datastore();
  const full = new IngotError('datastore.full', 'no space left');
  const refusing = datastore.seenBy((what) => {
    if (what === 'write') throw full;
  });
  await assert.rejects(take(leaseIn(refusing, 'first')), full);
  assert.equal(datastore.made, false);
});

test('a vCenter that is away for less than the lease costs nothing', async () => {
  const datastore = new Datastore();
  let from = Number.POSITIVE_INFINITY;
  const lease = leaseIn(
    datastore.seenBy(() => {
      const now = performance.now() - from;
      if (now >= 0 && now < silentMs / 2) throw away();
    }),
    'patient',
  );
  await take(lease);
  from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, silentMs * 1.5));
  assert.equal(lease.lost.aborted, false);
  await lease.release();
  assert.equal(datastore.made, false);
});

for (const [how, answer] of [
  ['refuses', () => Promise.reject(away())],
  [
    'never answers',
    (until: AbortSignal) => new Promise<never>((_, reject) => until.addEventListener('abort', () => reject(away()))),
  ],
] as const) {
  test(`a vCenter that ${how} for as long as the lease ends the build`, { timeout: 10 * silentMs }, async () => {
    const datastore = new Datastore();
    let taken = false;
    const lease = leaseIn(
      datastore.seenBy((_, until) => (taken ? answer(until) : undefined)),
      'lonely',
    );
    await take(lease);
    taken = true;
    const keptAwake = setTimeout(() => undefined, 10 * silentMs);
    const started = performance.now();
    await once(lease.lost, 'abort');
    clearTimeout(keptAwake);
    assert.ok(performance.now() - started < 2 * silentMs);
    assert.match(lease.lost.reason.message, /silent for too long/);
    await lease.release();
    assert.deepEqual(builds(datastore), ['lonely'], 'what another build may have by now is left alone');
  });
}
