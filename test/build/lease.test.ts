import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDone, assertFailed } from './built.ts';
import { everything, place, prune } from './pruned.ts';
import { openSite, vmNames } from './site.ts';

const site = await openSite();

test('two runners of one image: one builds, the other is told by whom', async () => {
  const file = await site.image('twice', { timeouts: { lease: '2400ms' } });
  // Long enough that the second one sees the first one renew.
  await site.lab.faults.inject({ kind: 'delay', method: 'CloneVM_Task', milliseconds: 3000 });
  const both = await Promise.all([site.build(file), site.build(file)]);
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
