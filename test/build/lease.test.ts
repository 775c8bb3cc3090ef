import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ended } from '../cli/ingot.ts';
import { assertDone, assertFailed, builtFrom } from './built.ts';
import { everything, place, prune } from './pruned.ts';
import { openSite, vmNames } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite();

test('two runners of one image: one builds, the other is told by whom', async () => {
  const file = await site.image('twice', { timeouts: { lease: '2400ms' } });
  // Long enough that the second one sees the first one renew.
  await site.lab.faults.inject({ kind: 'delay', method: 'CloneVM_Task', milliseconds: 3000 });
  const both = await Promise.all([site.buildApart(file), site.buildApart(file)]);
  const [done] = both.filter(({ code }) => code === 0);
  const [other] = both.filter(({ code }) => code !== 0);
  assert.ok(done !== undefined && other !== undefined, JSON.stringify(both.map(({ code }) => code)));
  assertDone(done);
  assertFailed(other, {
    step: 'preflight',
    code: 'build.leased',
    message: /^expected no other build of twice, found build \S+ on \S+ \(since \S+\) at work$/,
    remedy: /wait until it has ended/,
  });
  assert.deepEqual(await vmNames(site).then((all) => all.filter((name) => name.startsWith('twice'))), [
    'twice',
    'twice-master',
  ]);
  const left = [...(await everything(site))].filter((path) => path.includes('leases/twice'));
  assert.deepEqual(left, [], 'the lease is given back');
  const again = await site.build(file);
  assertDone(again);
});

for (const [type, code, message] of [
  [
    'NoDiskSpace',
    'datastore.full',
    /^expected to make the folder \[LocalDS_0\] ingot\/leases\/.*found datastore .* full$/,
  ],
  ['CannotCreateFile', 'datastore.denied', /^expected to make the folder \[LocalDS_0\] ingot\/leases\/unwritable/],
] as const) {
  test(`a datastore that takes no folder (${type}) is named, with what to do`, async () => {
    await site.lab.faults.inject({ kind: 'soap', method: 'MakeDirectory', type });
    const built = await site.build(await site.image('unwritable'));
    assertFailed(built, { step: 'preflight', code, message, remedy: /LocalDS_0/ });
    assert.ok(!(await vmNames(site)).some((name) => name.startsWith('unwritable')));
  });
}

test('interrupted while it waits for a holder: over at once, and the holder stays one', async () => {
  const file = await site.image('waiting');
  const holder = 'ingot/leases/waiting/holder-0123456789abcdef.json';
  await place(site, holder, 0);
  const child = site.start(file);
  const end = ended(child);
  let asked = 0;
  createInterface(child.stdout).on('line', (line) => {
    const event: BuildEvent = JSON.parse(line);
    if (asked > 0 || event.type !== 'step-progress' || !/^Waiting: another build builds waiting/.test(event.message))
      return;
    asked = performance.now();
    child.kill('SIGINT');
  });
  const { code } = await end;
  assert.equal(code, 130);
  assert.ok(performance.now() - asked < 3000);
  assert.deepEqual(
    [...(await everything(site))].filter((path) => path.includes('leases/waiting')),
    [holder],
  );
});

test('what another build published while this one waited is what it finds', async () => {
  await site.lab.faults.scenario({});
  const file = await site.image('meanwhile', { timeouts: { lease: '12s' } });
  assertDone(await site.build(file));
  const { self } = await readVm(site, 'meanwhile');
  // As it was a moment before it was published.
  const pool = (await site.govc('find', '/', '-type', 'p')).split('\n')[0] ?? '';
  await site.govc('vm.markasvm', '-pool', pool, 'meanwhile');
  await site.govc('object.rename', '/DC0/vm/meanwhile', 'meanwhile-candidate');
  await place(site, 'ingot/leases/meanwhile/holder-0123456789abcdef.json', 0);
  const child = site.start(file);
  const end = ended(child);
  await new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => line.includes('Waiting: another build') && resolve());
    end.finally(resolve);
  });
  await site.govc('vm.markastemplate', 'meanwhile-candidate');
  await site.govc('object.rename', '/DC0/vm/meanwhile-candidate', 'meanwhile');
  await site.govc('datastore.rm', '-ds', 'LocalDS_0', 'ingot/leases/meanwhile');
  const built = builtFrom(await end);
  assertDone(built);
  assert.ok(built.cached.includes('template'));
  assert.equal((await readVm(site, 'meanwhile')).self.value, self.value, 'a template is not the candidate that it was');
});

test('prune removes nothing of an image that is being built', async () => {
  const file = await site.image('busy');
  const disc = 'ingot/discs-busy/00112233445566778899aabbccddeeff.iso';
  await place(site, disc, 100);
  await place(site, 'ingot/leases/busy/holder-0123456789abcdef.json', 0);
  const kept = await prune(site, file, '--yes');
  assert.deepEqual(
    [kept.of('removed'), kept.why('00112233445566778899aabbccddeeff.iso')],
    [[], 'a build of busy is at work'],
  );
  await place(site, 'ingot/leases/busy/holder-0123456789abcdef.json', 1);
  const removed = await prune(site, file, '--yes');
  assert.deepEqual(removed.of('removed'), ['00112233445566778899aabbccddeeff.iso']);
});

test('frozen for longer than the lease: it ends, and what the other build has made meanwhile is left alone', async () => {
  await site.lab.faults.scenario({ scripts: { 'smoke.ps1': { hangs: true } } });
  const file = await site.image('frozen', { timeouts: { lease: '2400ms' }, smokeTest: { timeout: '60s' } });
  const asking = (event: BuildEvent) => event.type === 'step-progress' && /^Asking the clone/.test(event.message);
  const run = () => {
    const child = site.start(file);
    const end = ended(child);
    const reached = new Promise<boolean>((resolve) => {
      createInterface(child.stdout).on('line', (line) => asking(JSON.parse(line)) && resolve(true));
      end.finally(() => resolve(false));
    });
    return { child, end, reached };
  };
  const first = run();
  assert.ok(await first.reached);
  const before = await readVm(site, 'frozen-smoke');
  first.child.kill('SIGSTOP');
  const second = run();
  assert.ok(await second.reached);
  const clones = await Promise.all(['frozen-smoke', 'frozen-candidate'].map((name) => readVm(site, name)));
  assert.notEqual(clones[0]?.self.value, before.self.value);
  first.child.kill('SIGCONT');
  const lost = builtFrom(await first.end);
  assert.equal(lost.code, 1);
  assert.equal(lost.end.failure?.code, 'build.lease-lost');
  assert.deepEqual(lost.end.left, [
    'what is in vCenter is the work of the build that has the lease now: left as it is',
  ]);
  const after = await Promise.all(['frozen-smoke', 'frozen-candidate'].map((name) => readVm(site, name)));
  assert.deepEqual(
    after.map(({ self, runtime }) => [self.value, runtime.powerState]),
    clones.map(({ self, runtime }) => [self.value, runtime.powerState]),
  );
  const holders = [...(await everything(site))].filter((path) => path.includes('leases/frozen/holder-'));
  assert.equal(holders.length, 1, 'the lease of the other build');
  second.child.kill('SIGKILL');
  await second.end;
});
