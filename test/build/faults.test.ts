import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../lab/proxy/faults.ts';
import { ended } from '../cli/ingot.ts';
import { assertDone, assertFailed, builtFrom } from './built.ts';
import { openSite, vmNames } from './site.ts';
import { foreignVm } from './vm.ts';

const site = await openSite();
const { lab } = site;

/** Builds an image while vCenter does what the faults say. */
async function buildWith(name: string, ...faults: Fault[]) {
  await lab.faults.clear();
  await lab.resetCounts();
  for (const fault of faults) await lab.faults.inject(fault);
  return site.build(await site.image(name));
}

test('the session expires in the middle: ingot logs in again and goes on', async () => {
  await lab.resetCounts();
  const child = site.start(await site.image('session'));
  const end = ended(child);
  let expired = false;
  for await (const chunk of child.stdout) {
    if (expired || !String(chunk).includes('"step-finished","step":"openssh"')) continue;
    expired = true;
    await lab.faults.expireSessions();
  }
  const built = builtFrom(await end);
  assertDone(built);
  assert.ok(expired);
  assert.equal((await lab.counts()).Login, 2);
  assert.ok(built.of('warning').some(({ message }) => /session had expired; logged in again/.test(message)));
});

test('reads whose connection breaks, or that vCenter answers with 503, are sent again', async () => {
  const built = await buildWith(
    'reads',
    { kind: 'reset', method: 'RetrievePropertiesEx', when: 'before', times: 2 },
    { kind: 'http', method: 'FindByInventoryPath', status: 503 },
    { kind: 'reset', method: 'WaitForUpdatesEx', when: 'after' },
  );
  assertDone(built);
  assert.ok(built.of('warning').length > 0, 'a person should know of it');
});

for (const method of ['CreateVM_Task', 'CloneVM_Task', 'PowerOnVM_Task', 'ReconfigVM_Task', 'Rename_Task']) {
  test(`the answer of ${method} is lost: what it did is found, and not done twice`, async () => {
    const name = `lost-${method.toLowerCase().replaceAll('_', '-')}`;
    // One clone is sealed, the other one is started to see that it does.
    const normal = { CreateVM_Task: 1, CloneVM_Task: 2, Rename_Task: 1 };
    const built = await buildWith(name, { kind: 'reset', method, when: 'after' });
    assertDone(built);
    const counts = await lab.counts();
    for (const [task, times] of Object.entries(normal)) assert.equal(counts[task], times, task);
    const made = (await vmNames(site)).filter((vm) => vm.startsWith(name));
    assert.deepEqual(made, [name, `${name}-master`]);
  });
}

test('CreateVM never reaches vCenter, where another VM is made at this moment: that one is not taken for ours', async () => {
  const theirs = await foreignVm(site, 'theirs');
  const before = await theirs();
  const built = await buildWith('never-came', { kind: 'reset', method: 'CreateVM_Task', when: 'before' });
  assertFailed(built, {
    step: 'create-vm',
    code: 'vsphere.lost-answer',
    message: /the connection to vCenter broke before the answer was there/,
    remedy: /build again/,
  });
  assert.deepEqual(await theirs(), before);
  assertDone(await site.build(await site.image('never-came')));
  const made = (await vmNames(site)).filter((vm) => vm.startsWith('never-came'));
  assert.deepEqual(made, ['never-came', 'never-came-master']);
});

test('a task that fails in vCenter ends the step with its fault', async () => {
  const built = await buildWith('task', {
    kind: 'task',
    method: 'CreateSnapshot_Task',
    type: 'FileLocked',
    message: 'Unable to access a file since it is locked',
  });
  assertFailed(built, {
    step: 'install-windows',
    code: 'vsphere.fault',
    message: /snapshot.*FileLocked: Unable to access a file since it is locked/,
    remedy: /Look at the task and its events/,
    left: [/^VM \/DC0\/vm\/task-master \(poweredOff\): the next build goes on with it$/],
  });
  await lab.faults.clear();
  assertDone(await site.build(await site.image('task')));
});

test('an upload that breaks off is repeated whole', async () => {
  await site.govc('datastore.rm', '-f', 'ingot/media');
  const built = await buildWith('upload', { kind: 'upload', afterBytes: 200_000 });
  assertDone(built);
  assert.deepEqual(
    built.of('step-log').filter(({ message }) => /^uploading .*\.partial: broke off/.test(message)).length,
    1,
    'the reason is told',
  );
  const media = (await site.govc('datastore.ls', 'ingot/media')).trim();
  assert.doesNotMatch(media, /partial/, 'no part of it is left');
});
