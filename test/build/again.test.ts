import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDone, assertFailed } from './built.ts';
import { openSite, vmNames } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite({ smokeTest: false });
const lookups = ['inspect-media', 'preflight', 'upload-iso'];
const rule = (port: number) => ({ firewall: { rules: [{ name: `Port${port}`, port, protocol: 'TCP' }] } });
const ranOf = (ran: readonly string[]) => ran.filter((step) => !lookups.includes(step));

/** VMs of an image but for the template and the master. */
async function others(name: string): Promise<string[]> {
  return (await vmNames(site)).filter((vm) => vm.startsWith(name) && vm !== name && vm !== `${name}-master`);
}

test('a second build runs the lookups and changes nothing', async () => {
  const file = await site.image('cached', { smokeTest: { enabled: true } });
  const first = await site.build(file);
  assertDone(first);
  const before = await Promise.all(['cached', 'cached-master'].map((name) => readVm(site, name)));
  await site.lab.resetCounts();
  const second = await site.build(file);
  assertDone(second);
  assert.deepEqual(ranOf(second.ran), []);
  assert.deepEqual([...second.cached].sort(), ranOf(first.ran).sort());
  assert.equal(second.summary('MoRef'), first.summary('MoRef'));
  const after = await Promise.all(['cached', 'cached-master'].map((name) => readVm(site, name)));
  assert.deepEqual(after, before);
  const writing = Object.keys(await site.lab.counts()).filter((name) => /_Task$|^PUT|^Make/.test(name));
  // The lease, taken and given back.
  assert.deepEqual(writing.sort(), [
    'DeleteDatastoreFile_Task',
    'MakeDirectory',
    'PUT /folder',
    'SearchDatastore_Task',
  ]);
  assert.equal((await site.lab.counts())['PUT /folder'], 1);
});

test('a changed input builds anew what lies above it; the former template is kept under another name', async () => {
  assertDone(await site.build(await site.image('changed')));
  const former = await readVm(site, 'changed');
  const built = await site.build(await site.image('changed', rule(8080)));
  assertDone(built);
  assert.ok(built.cached.includes('install-windows'), 'Windows is not installed again');
  assert.ok(built.ran.includes('firewall') && built.ran.includes('sysprep'));
  const [kept, ...more] = await others('changed');
  assert.deepEqual(more, []);
  assert.match(kept ?? '', /^changed-before-/);
  assert.equal(built.summary('template before'), kept);
  assert.equal((await readVm(site, kept ?? '')).self.value, former.self.value);
  assert.notEqual((await readVm(site, 'changed')).self.value, former.self.value);

  const next = await site.build(await site.image('changed', { ...rule(8081), template: { keep: 0 } }));
  assertDone(next);
  assert.deepEqual(await others('changed'), [], 'keep: 0 deletes all former ones');
  assert.equal((await readVm(site, 'changed')).config.template, true);
});

test('the former template stays where it is, whatever fails before the swap', async () => {
  assertDone(await site.build(await site.image('swap')));
  const former = await readVm(site, 'swap');
  let port = 9000;
  for (const { method, step } of [
    { method: 'CreateSnapshot_Task', step: 'master' },
    { method: 'CloneVM_Task', step: 'clone' },
    { method: 'MarkAsTemplate', step: 'template' },
  ]) {
    port += 1;
    const changes = rule(port);
    if (method === 'MarkAsTemplate') await site.lab.faults.inject({ kind: 'soap', method, type: 'InvalidState' });
    else await site.lab.faults.inject({ kind: 'task', method, type: 'SystemError' });
    const built = await site.build(await site.image('swap', changes));
    await site.lab.faults.clear();
    assert.equal(built.code, 1, method);
    assert.deepEqual(
      built.of('step-failed').map((event) => event.step),
      [step],
    );
    assert.deepEqual(await readVm(site, 'swap'), former, method);
  }
  const built = await site.build(await site.image('swap', rule(port)));
  assertDone(built);
  assert.ok(!(await vmNames(site)).includes('swap-candidate'));
});

test('a template that was deleted is made again from the master, and the master from the start', async () => {
  const file = await site.image('deleted', { smokeTest: { enabled: true } });
  assertDone(await site.build(file));
  await site.govc('vm.destroy', 'deleted');
  const again = await site.build(file);
  assertDone(again);
  assert.deepEqual(ranOf(again.ran), ['clone', 'sysprep', 'seal', 'smoke-test', 'template']);

  await site.govc('vm.destroy', 'deleted-master');
  const anew = await site.build(file);
  assertDone(anew);
  assert.ok(anew.ran.includes('create-vm'));
});

test('a template that someone turned into a VM is neither taken for a template nor touched', async () => {
  const file = await site.image('converted');
  assertDone(await site.build(file));
  await site.govc('vm.markasvm', '-pool', 'DC0_C0/Resources', 'converted');
  const before = await readVm(site, 'converted');
  assertFailed(await site.build(file), {
    step: 'preflight',
    code: 'template.converted',
    message: /^expected \/DC0\/vm\/converted to be a template, found a VM \(poweredOff\)$/,
    remedy: /ingot neither moves nor deletes it/,
  });
  assert.deepEqual(await readVm(site, 'converted'), before);
});
