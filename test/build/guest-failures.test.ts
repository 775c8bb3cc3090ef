import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertDone, assertFailed } from './built.ts';
import { openSite, vmNames } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite();
const { lab } = site;
const masterOn = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build goes on with it$/;
const masterOff = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOff\): the next build goes on with it$/;
const candidate = (power: string) =>
  new RegExp(`^VM /DC0/vm/[a-z-]+-candidate \\(${power}\\): the next build replaces it$`);

suite('a script in Windows', () => {
  for (const { name, fault, code, message } of [
    { name: 'reboots', fault: { reboots: 1 }, code: 'guest.restarted', message: /found that it restarted \(up since/ },
    { name: 'drops', fault: { drops: 1 }, code: 'guest.connection-lost', message: /the SSH connection was lost/ },
  ]) {
    test(`is cut off in the middle (${name}): the step is run again, and the reason is told`, async () => {
      await lab.faults.scenario({ scripts: { 'docker.ps1': fault } });
      const built = await site.build(await site.image(name));
      assertDone(built);
      const [retry, ...more] = built.of('step-retry');
      assert.deepEqual(more, []);
      assert.deepEqual([retry?.step, retry?.attempt, retry?.failure.code], ['docker', 1, code]);
      assert.match(retry?.failure.message ?? '', message);
      assert.ok(built.proof('docker').join().includes('docker 20.10.9: service Running, Automatic'));
    });
  }

  test('is cut off each time: given up after four tries', async () => {
    await lab.faults.scenario({ scripts: { 'firewall.ps1': { drops: 9 } } });
    const built = await site.build(await site.image('drops-always'));
    assertFailed(built, {
      step: 'firewall',
      code: 'guest.connection-lost',
      message: /^Expected to run firewall\.ps1 to its end/,
      remedy: /look for a restart, a NIC reset or a firewall in between/,
      left: [masterOn],
    });
    assert.equal(built.of('step-retry').length, 3);
  });

  test('fails: its message, what to do; the next build keeps what was done', async () => {
    await lab.faults.scenario({ scripts: { 'firewall.ps1': { fails: 'The service mpssvc is not running.' } } });
    const file = await site.image('script');
    const built = await site.build(file);
    assertFailed(built, {
      step: 'firewall',
      code: 'guest.script',
      message: /^firewall\.ps1 failed: The service mpssvc is not running\.$/,
      remedy: /build again: steps that are done are kept/,
      evidence: /^firewall\.ps1:1 \(OperationStopped\)/,
      left: [masterOn],
    });
    assert.deepEqual(built.of('step-retry'), []);
    await lab.faults.scenario({});
    const again = await site.build(file);
    assertDone(again);
    assert.ok(again.cached.includes('docker') && again.ran.includes('firewall'));
  });

  test('hangs: its deadline ends it', async () => {
    await lab.faults.scenario({ scripts: { 'firewall.ps1': { hangs: true } } });
    const built = await site.build(await site.image('hangs', { timeouts: { script: '700ms' } }));
    const { timedOut } = assertFailed(built, {
      step: 'firewall',
      code: 'step.timeout',
      message: /^step firewall was not over after /,
      remedy: /raise the step’s deadline in `timeouts`/,
      left: [masterOn],
    });
    assert.equal(timedOut, true);
  });
});

suite('Sysprep', () => {
  const errors = ['SYSPRP Package Example.App was installed for a user, but not provisioned for all users.'];

  test('fails and powers off: no template but the old one; the next build clones again', async () => {
    await lab.faults.scenario({});
    const first = await site.build(await site.image('seal'));
    assertDone(first);
    const before = await readVm(site, 'seal');

    await lab.faults.scenario({ sysprep: { outcome: 'fails', errors } });
    const file = await site.image('seal', { windows: { timeZone: 'W. Europe Standard Time' } });
    assertFailed(await site.build(file), {
      step: 'sysprep',
      code: 'sysprep.failed',
      message:
        /^expected IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE, found IMAGE_STATE_UNDEPLOYABLE \(tag: false\): an AppX package/,
      remedy: /add Example\.App to `windows\.sysprep\.removeAppx`.*only the clone is made anew/,
      evidence: /Error +SYSPRP Package Example\.App was installed for a user/,
      left: [masterOff, candidate('poweredOff')],
    });
    assert.deepEqual(await readVm(site, 'seal'), before);

    await lab.faults.scenario({});
    const again = await site.build(file);
    assertDone(again);
    assert.ok(again.cached.includes('master'));
    assert.deepEqual(
      again.ran.filter((step) => !['inspect-media', 'preflight', 'upload-iso'].includes(step)),
      ['clone', 'sysprep', 'seal', 'smoke-test', 'template'],
    );
    assert.notEqual((await readVm(site, 'seal')).self.value, before.self.value);
  });

  test('powers off without a verdict: power-off is no proof', async () => {
    await lab.faults.scenario({ sysprep: { outcome: 'fails-silently' } });
    assertFailed(await site.build(await site.image('silent')), {
      step: 'sysprep',
      code: 'sysprep.no-verdict',
      message: /found the VM powered off without one$/,
      remedy: /the clone is made anew from the master/,
      left: [masterOff, candidate('poweredOff')],
    });
    assert.ok(!(await vmNames(site)).includes('silent'));
  });

  test('hangs: its deadline has the last word and says where to look', async () => {
    await lab.faults.scenario({ sysprep: { outcome: 'hangs' } });
    const { timedOut } = assertFailed(await site.build(await site.image('hung', { timeouts: { sysprep: '700ms' } })), {
      step: 'sysprep',
      code: 'vsphere.deadline',
      message: /^expected Sysprep to finish and Windows to shut down within /,
      remedy: /setupact\.log.*raise timeouts\.sysprep/,
      evidence: /^last: Sysprep is running\nscreenshot: \S+\.png$/,
      left: [masterOff, candidate('poweredOn')],
    });
    assert.equal(timedOut, true);
  });
});

suite('Windows updates', () => {
  const rounds = [
    [
      { kb: 'KB5000001', title: 'Cumulative Update', reboot: true },
      { kb: 'KB5000002', title: 'Servicing Stack' },
    ],
    [{ kb: 'KB5000003', title: 'Defender' }],
  ];

  test('in two rounds with a restart: every KB is listed', async () => {
    await lab.faults.scenario({ updates: { rounds } });
    const built = await site.build(await site.image('updates', { updates: {} }));
    assertDone(built);
    const [finished] = built.of('step-finished').filter(({ step }) => step === 'windows-updates');
    assert.match(JSON.stringify(finished?.output), /KB5000001.*KB5000002.*KB5000003/);
    assert.deepEqual(finished?.proof, ['3 updates in 3 rounds; the last search found none']);
    const restarts = built.of('step-progress').filter(({ message }) => /Round 1: restarting/.test(message));
    assert.equal(restarts.length, 1);
  });

  test('one fails: which, and how to leave it out; left out, the build goes on', async () => {
    const broken = { kb: 'KB5000009', title: 'Broken', resultCode: 4, hresult: -2145124329 };
    await lab.faults.scenario({ updates: { rounds: [[...(rounds[0] ?? []), broken]] } });
    assertFailed(await site.build(await site.image('update-fails', { updates: {} })), {
      step: 'windows-updates',
      code: 'updates.failed',
      message: /^expected every update to install, found 1 that failed$/,
      remedy: /^exclude it in `updates\.exclude`; mend its cause/,
      evidence: /^KB5000009 Broken: failed, 0x80240017 \(the update is not applicable\)$/,
      left: [masterOn],
    });
    const again = await site.build(await site.image('update-fails', { updates: { exclude: ['KB5000009'] } }));
    assertDone(again);
    assert.ok(again.cached.includes('install-windows'));
  });
});
