import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { z } from 'zod';
import type { DnsView } from '../../handover/dns-check.ts';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ingotHere } from '../cli/here.ts';
import { ended } from '../cli/ingot.ts';
import { assertDone, assertFailed, builtFrom } from './built.ts';
import { killAt } from './pruned.ts';
import { openSite, vmNames } from './site.ts';
import { devicesOf, readVm } from './vm.ts';

const site = await openSite();
const { lab, govc } = site;
const masterOff = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOff\): the next build goes on with it$/;
const candidateOff = /^VM \/DC0\/vm\/[a-z-]+-candidate \(poweredOff\): the next build replaces it$/;
const says = (message: RegExp) => (event: BuildEvent) => event.type === 'step-progress' && message.test(event.message);

const cardsSchema = z.object({
  devices: z.array(
    z.object({
      macAddress: z.string(),
      backing: z.object({ deviceName: z.string().optional() }),
      connectable: z.object({ startConnected: z.boolean(), allowGuestControl: z.boolean(), connected: z.boolean() }),
    }),
  ),
});

/** The network cards of a VM as govc shows them. */
async function cardsOf(name: string) {
  const { devices } = cardsSchema.parse(JSON.parse(await govc('device.info', '-json', '-vm', name, 'ethernet-*')));
  return devices;
}

async function extraConfigOf(name: string, key: string): Promise<unknown> {
  return (await readVm(site, name)).config.extraConfig.find((entry) => entry.key === key)?.value;
}

const snapshotsOf = (name: string): Promise<string> => govc('snapshot.tree', '-vm', name);

suite('the clone', () => {
  test('is isolated and upon a snapshot; kept to be looked at, the next build deletes it and what it stood upon', async () => {
    await lab.faults.scenario({ scripts: { 'smoke.ps1': { hangs: true } } });
    const changes = { smokeTest: { keepOnFailure: true, timeout: '4s' } };
    const built = await site.build(await site.image('kept', changes));
    assertFailed(built, {
      step: 'smoke-test',
      code: 'smoke.oobe',
      message: /^expected a clone to come to the end of OOBE within 4\.?0? s/,
      remedy: /^look at the screenshot/,
      evidence: /^screenshot: \.ingot\/kept\/.*-kept-smoke\.png$/m,
      left: [masterOff, candidateOff, /^VM \/DC0\/vm\/kept-smoke \(poweredOn\): the next build replaces it$/],
    });
    assert.ok(built.of('warning').some(({ message }) => /^kept-smoke stays to be looked at/.test(message)));
    const [clone, candidate] = await Promise.all(['kept-smoke', 'kept-candidate'].map((name) => readVm(site, name)));
    assert.equal(clone?.runtime.powerState, 'poweredOn');
    assert.equal(await extraConfigOf('kept-smoke', 'ingot.role'), 'smoke');
    assert.equal(await extraConfigOf('kept-smoke', 'ingot.image'), 'kept');
    assert.equal(clone?.config.hardware.memoryMB, candidate?.config.hardware.memoryMB);
    assert.equal(clone?.config.firmware, candidate?.config.firmware);
    const [[card], [original]] = await Promise.all([cardsOf('kept-smoke'), cardsOf('kept-candidate')]);
    assert.deepEqual(card?.connectable, { startConnected: false, allowGuestControl: false, connected: false });
    assert.notEqual(card?.macAddress, original?.macAddress);
    assert.equal(original?.connectable.startConnected, true);
    assert.equal((await govc('object.collect', '-s', '/DC0/vm/kept-smoke', 'guest.ipAddress')).trim(), '');
    assert.ok(!(await devicesOf(site, 'kept-smoke')).includes('VirtualCdrom'));
    assert.match(await snapshotsOf('kept-candidate'), /ingot smoke-test/);

    await lab.faults.scenario({});
    const again = await site.build(await site.image('kept', changes));
    assertDone(again);
    assert.ok(again.cached.includes('master'));
    assert.deepEqual(
      (await vmNames(site)).filter((vm) => vm.startsWith('kept')),
      ['kept', 'kept-master'],
    );
    assert.equal((await snapshotsOf('kept')).trim(), '', 'a template has no snapshot');
  });

  test('on a network of its own, of all disks: no snapshot, and it has an address', async () => {
    await lab.faults.scenario({ scripts: { 'smoke.ps1': { fails: 'stop here' } } });
    await lab.resetCounts();
    const smokeTest = { clone: 'full', network: 'DC0_DVPG0', keepOnFailure: true };
    assertFailed(await site.build(await site.image('full', { smokeTest })), {
      step: 'smoke-test',
      code: 'guest.script',
      message: /^smoke\.ps1 failed: stop here$/,
      remedy: /./,
      left: [masterOff, candidateOff, /full-smoke \(poweredOn\)/],
    });
    assert.equal((await lab.counts()).CreateSnapshot_Task, 2, 'those of the layers');
    const [card] = await cardsOf('full-smoke');
    assert.equal(card?.connectable.startConnected, true);
    assert.match(await govc('object.collect', '-s', '/DC0/vm/full-smoke', 'network'), /dvportgroup-/);
    await lab.faults.scenario({});
    const handover = { openshift: { clusterName: 'mycluster', baseDomain: 'example.com' } };
    const built = await site.build(await site.image('full', { smokeTest, handover }));
    assertDone(built);
    const [api, apiInt] = ['api', 'api-int'].map((name) => `${name}.mycluster.example.com`);
    assert.ok(built.proof('smoke-test').includes(`DNS in DC0_DVPG0: ${apiInt} has the addresses of ${api}: 192.0.2.6`));
    assert.deepEqual(JSON.parse(String(await extraConfigOf('full', 'ingot.dns'))), {
      version: 1,
      answers: [api, apiInt].map((name) => ({ name, addresses: ['192.0.2.6'], chain: [] })),
    });
    // Nobody listens at that server: what the clone was told is on the template.
    const file = await site.image('full', { smokeTest, handover });
    const dns = await ingotHere(['handover', 'dns', file, '--server', '127.0.0.1:1', '--json'], lab.env);
    assert.deepEqual(
      JSON.parse(dns.stdout).views.map(({ from, verdict }: DnsView) => `${from}: ${verdict.code}`),
      ['here: dns.unanswered', 'guest: dns.same'],
    );
    const secret = await ingotHere(['handover', 'secret', file], lab.env);
    assert.equal(secret.code, 0, secret.stderr);
    assert.match(secret.stdout, /^printenv INGOT_SSH_PRIVATE_KEY \| oc create secret generic cloud-private-key /m);
  });

  test('on a network that is not there: known before anything is made', async () => {
    await lab.faults.scenario({});
    assertFailed(await site.build(await site.image('nowhere', { smokeTest: { network: 'no-such' } })), {
      step: 'preflight',
      code: 'vsphere.not-found',
      message: /no-such/,
      remedy: /./,
    });
  });
});

suite('what fails is not published', () => {
  test('the template of before stays as it is; the clone and its snapshot go, the candidate stays', async () => {
    await lab.faults.scenario({});
    assertDone(await site.build(await site.image('former')));
    const before = await readVm(site, 'former');
    await lab.faults.scenario({ clone: { sshd: 'Manual', runtime: 'silent' } });
    const notes = { template: { name: 'former', notes: 'Second' } };
    assertFailed(await site.build(await site.image('former', notes)), {
      step: 'smoke-test',
      code: 'smoke.sshd',
      message:
        /^expected sshd of a clone to run, to start automatically and to answer on port \d+, found Stopped, Manual/,
      remedy: /^nobody could log in to a clone/,
      evidence: /^also smoke\.host-keys: .*\n?also smoke\.runtime: |also smoke\.runtime: .*\nalso smoke\.host-keys: /,
      left: [masterOff, candidateOff],
    });
    assert.deepEqual(await readVm(site, 'former'), before);
    assert.equal((await snapshotsOf('former-candidate')).trim(), '');

    await lab.faults.scenario({});
    const again = await site.build(await site.image('former', notes));
    assertDone(again);
    assert.notEqual((await readVm(site, 'former')).self.value, before.self.value);
  });

  test('a clone that cannot be deleted: said, and the failure stays the first', async () => {
    await lab.faults.scenario({ clone: { rules: 'gone' } });
    await lab.faults.inject({ kind: 'task', method: 'Destroy_Task', type: 'SystemError' });
    const built = await site.build(await site.image('undeletable'));
    assertFailed(built, {
      step: 'smoke-test',
      code: 'smoke.firewall',
      message: /ContainerLogsPort/,
      remedy: /./,
      left: [masterOff, candidateOff, /undeletable-smoke/],
    });
    assert.ok(built.of('warning').some(({ message }) => /^undeletable-smoke could not be deleted/.test(message)));
    await lab.faults.scenario({});
    assertDone(await site.build(await site.image('undeletable')));
    assert.deepEqual(
      (await vmNames(site)).filter((vm) => vm.startsWith('undeletable')),
      ['undeletable', 'undeletable-master'],
    );
  });
});

test('a clone that another build made meanwhile is not deleted with this one’s', async () => {
  await lab.faults.scenario({ scripts: { 'smoke.ps1': { hangs: true } } });
  const child = site.start(await site.image('others', { smokeTest: { timeout: '30s' } }));
  const end = ended(child);
  const asking = new Promise<void>((resolve) => {
    const isAsking = says(/^Asking the clone/);
    createInterface(child.stdout).on('line', (line) => isAsking(JSON.parse(line)) && resolve());
  });
  await Promise.race([asking, end]);
  await govc('object.rename', '/DC0/vm/others-smoke', 'others-moved');
  await govc('vm.clone', '-vm', 'others-candidate', '-on=false', 'others-new');
  await govc('vm.change', '-vm', 'others-new', '-e', 'ingot.role=smoke', '-e', 'ingot.build=another');
  await govc('object.rename', '/DC0/vm/others-new', 'others-smoke');
  await govc('vm.destroy', 'others-moved');
  const built = builtFrom(await end);
  assert.equal(built.end.status, 'failed');
  assert.ok((await vmNames(site)).includes('others-smoke'), JSON.stringify(built.end));
  await lab.faults.scenario({});
  assertDone(await site.build(await site.image('others')));
  assert.ok(!(await vmNames(site)).includes('others-smoke'));
});

test('a snapshot that cannot be removed fails the test that was passed, and is told as what it is', async () => {
  await lab.faults.scenario({});
  await lab.faults.inject({ kind: 'task', method: 'RemoveSnapshot_Task', type: 'SystemError', times: 2 });
  const changes = { smokeTest: { keepOnFailure: true } };
  const built = await site.build(await site.image('stuck', changes));
  assert.equal(built.code, 1);
  const warnings = built.of('warning').map(({ message }) => message);
  assert.ok(
    warnings.some((text) => /^the snapshot of stuck-candidate could not be deleted: /.test(text)),
    warnings.join(),
  );
  assert.ok(!warnings.some((text) => /stays to be looked at/.test(text)), warnings.join());
  assert.ok(!(await vmNames(site)).some((vm) => vm === 'stuck' || vm === 'stuck-smoke'));
  assertDone(await site.build(await site.image('stuck', changes)));
  assert.equal((await snapshotsOf('stuck')).trim(), '');
});

for (const [name, at] of [
  ['snapshot', says(/^Taking a snapshot for the clone/)],
  ['asked', says(/^Asking the clone/)],
  ['deleted', says(/^Deleting deleted-smoke/)],
] as const) {
  test(`killed at the smoke test (${name}): the next build makes the clones anew and leaves nothing else`, async () => {
    await lab.faults.scenario({});
    const file = await site.image(name);
    await killAt(site, file, at);
    const built = await site.build(file);
    assertDone(built);
    assert.ok(built.cached.includes('master') && built.ran.includes('smoke-test'));
    assert.deepEqual(
      (await vmNames(site)).filter((vm) => vm.startsWith(name)),
      [name, `${name}-master`],
    );
    assert.equal((await snapshotsOf(name)).trim(), '');
  });
}

test('left out, and asked for later: what was published without it is made anew from the master', async () => {
  await lab.faults.scenario({});
  const without = await site.build(await site.image('without', { smokeTest: { enabled: false } }));
  assertDone(without);
  assert.deepEqual(
    without
      .of('step-skipped')
      .filter(({ step }) => step === 'smoke-test')
      .map(({ reason }) => reason),
    ['smokeTest.enabled: false'],
  );
  const file = await site.image('without');
  const tested = await site.build(file);
  assertDone(tested);
  assert.ok(tested.cached.includes('master') && tested.ran.includes('smoke-test'));
  const third = await site.build(file);
  assert.ok(third.cached.includes('smoke-test'));
  assert.deepEqual(
    third.proof('smoke-test'),
    tested.proof('smoke-test').slice(0, -1),
    'the template tells what was proved',
  );
});

test('a password that Windows leaves in an answer file of a clone is a warning', async () => {
  await lab.faults.scenario({ clone: { password: 'left' } });
  const built = await site.build(await site.image('password'));
  assertDone(built);
  assert.ok(built.of('warning').some(({ message }) => message.includes('C:\\Windows\\Panther\\unattend.xml')));
});
