import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { buildLease, type Lease } from '../../steps/vcenter/lease.ts';
import { leaseFolder } from '../../steps/vcenter/lease-file.ts';
import type { DatastoreLocation, Vsphere } from '../../vsphere/index.ts';
import { connect, openDatacenter } from '../../vsphere/index.ts';
import { root } from '../cli/ingot.ts';
import { startVcsim, type Vcsim } from '../vsphere/vcsim.ts';

let sim: Vcsim;
let vc: Vsphere;
let ds: DatastoreLocation;
const { signal } = new AbortController();
before(async () => {
  sim = await startVcsim();
  vc = await connect({ server: sim.server, username: 'user', password: 'pass', tls: { insecure: true } });
  ds = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
});
after(async () => {
  await vc.close();
  sim.stop();
});

const said: string[] = [];
const tell = { progress: (text: string) => void said.push(text), log: (text: string) => void said.push(text) };
const take = (lease: Lease) => lease.take(tell, signal);
const listed = async (image: string) =>
  (await sim.govc('datastore.ls', '-dc', 'DC0', '-ds', 'LocalDS_0', `ingot/leases/${image}`)).trim().split('\n');

function lease(image: string, build: string, silentMs = 60_000): Lease {
  return buildLease({
    image,
    build,
    silentMs,
    folder: async () => leaseFolder(vc, ds, `ingot/leases/${image}`),
    now: async () => Date.now(),
  });
}

/** A process that takes the lease and dies with it, killed. */
async function dies(image: string): Promise<void> {
  const text = `
    import { connect, openDatacenter } from '${root}/vsphere/index.ts';
    import { buildLease } from '${root}/steps/vcenter/lease.ts';
    import { leaseFolder } from '${root}/steps/vcenter/lease-file.ts';
    const vc = await connect({ server: '${sim.server}', username: 'user', password: 'pass', tls: { insecure: true } });
    const ds = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
    const folder = async () => leaseFolder(vc, ds, 'ingot/leases/${image}');
    const lease = buildLease({ image: '${image}', build: 'killed', silentMs: 60000, folder, now: async () => Date.now() });
    await lease.take({ progress() {}, log() {} }, new AbortController().signal);
    console.log('taken');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('of two builds at the same moment one gets the image, and the other after it', async () => {
  const builds = ['a', 'b', 'c', 'd'].map((build) => lease('together', build, 3000));
  const results = await Promise.allSettled(builds.map(take));
  const won = builds.filter((_, index) => results[index]?.status === 'fulfilled');
  const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
  assert.equal(won.length, 1);
  assert.deepEqual(codes, ['build.leased', 'build.leased', 'build.leased']);
  assert.equal((await listed('together')).length, 1);
  await won[0]?.release();
  const next = lease('together', 'e');
  await take(next);
  await next.release();
  await assert.rejects(listed('together'));
});

test('who is alive is told by name, in less than the time after which a silent one is given up', async () => {
  const first = lease('alive', '20261121-1', 1200);
  await take(first);
  const started = performance.now();
  await assert.rejects(take(lease('alive', '20261121-2', 1200)), {
    code: 'build.leased',
    message: /^expected no other build of alive, found build 20261121-1 on \S+ \(since 2\S+Z\) at work$/,
    retryable: true,
  });
  assert.ok(performance.now() - started < 1200);
  await first.release();
});

test('the lease of a killed process of this machine is taken at once', async () => {
  await dies('killed');
  const started = performance.now();
  const next = lease('killed', 'next');
  await take(next);
  assert.ok(performance.now() - started < 5000);
  assert.ok(said.some((text) => /^build killed on .* ended without giving killed back: going on/.test(text)));
  await next.release();
});

test('one that nobody signed, or that cannot be read, is given up when it has been silent for long enough', async () => {
  await sim.govc('datastore.mkdir', '-dc', 'DC0', '-ds', 'LocalDS_0', '-p', 'ingot/leases/unsigned');
  const takers = ['a', 'b', 'c'].map((build) => lease('unsigned', build, 600));
  const started = performance.now();
  const results = await Promise.allSettled(takers.map(take));
  assert.ok(performance.now() - started >= 600);
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1, JSON.stringify(results));
  for (const taker of takers) await taker.release();
});

test('who has lost the lease is told', async () => {
  const first = lease('lost', 'first', 600);
  await take(first);
  const gone = once(first.lost, 'abort');
  await sim.govc('datastore.rm', '-dc', 'DC0', '-ds', 'LocalDS_0', 'ingot/leases/lost');
  const second = lease('lost', 'second', 600);
  await take(second);
  await gone;
  assert.equal(first.lost.reason.code, 'build.lease-lost');
  await first.release();
  assert.equal((await listed('lost')).length, 1, 'what is somebody else’s is not given back');
  await second.release();
});
