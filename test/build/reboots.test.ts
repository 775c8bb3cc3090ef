import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readScenario, type Scenario } from '../../lab/scenario.ts';
import { assertDone, assertFailed } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;
const masterOn = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build goes on with it$/;
const ready = (name: string): Promise<Scenario> =>
  readScenario(join(import.meta.dirname, '../../lab/scenarios', `${name}.yaml`));

/** A step of the user that may need a restart. */
const own = { name: 'own', powershell: "Write-Output 'hello'", reboot: 'if-needed' };

suite('a step that restarts Windows if needed', () => {
  test('is run again after the restart, in the same step', async () => {
    await lab.faults.scenario({ updates: { rounds: [] } });
    const install = { name: 'feature', powershell: 'Install-WindowsFeature -Name Hyper-V', reboot: 'if-needed' };
    const built = await site.build(await site.image('once', { steps: [install] }));
    assertDone(built);
    const restarts = built
      .of('step-progress')
      .filter(({ step, message }) => step === 'feature' && /^Restarting Windows: CBS/.test(message));
    assert.equal(restarts.length, 1);
    assert.deepEqual(built.of('step-retry'), []);
  });

  test('gives up when no restart helps, with the reasons of each', async () => {
    await lab.faults.scenario(await ready('reboot-pending-stays'));
    const { evidence } = assertFailed(
      await site.build(await site.image('stays', { steps: [{ ...own, after: 'tools-conf' }] })),
      {
        step: 'own',
        code: 'guest.reboot-loop',
        message: /^expected Windows to want no restart any more after 3 of them in own, found that it still does$/,
        remedy: /CBS\.log/,
        evidence: /^before restart 1: CBS\\RebootPending$/m,
        left: [masterOn],
      },
    );
    assert.equal(evidence?.length, 4);
  });

  test('does not restart it for PendingFileRenameOperations', async () => {
    await lab.faults.scenario(await ready('renames-pending'));
    const built = await site.build(await site.image('renames', { steps: [own] }));
    assertDone(built);
    assert.deepEqual(
      built.of('step-progress').filter(({ step, message }) => step === 'own' && /^Restarting/.test(message)),
      [],
    );
  });
});

test('Windows that restarts by itself in the same step again and again is a loop, and no endless retry', async () => {
  await lab.faults.scenario(await ready('reboot-loop'));
  const built = await site.build(await site.image('loop'));
  assertFailed(built, {
    step: 'firewall',
    code: 'guest.reboot-loop',
    message: /^expected Windows to stay up during firewall, found that it restarted by itself 3 times$/,
    remedy: /System event log .*User32 1074/,
    evidence: /^Expected Windows to stay up while firewall\.ps1 ran/,
    left: [masterOn],
  });
  assert.equal(built.of('step-retry').length, 2);
});

test('a restart is not over while servicing is at work', async () => {
  await lab.faults.scenario(await ready('servicing-busy'));
  assertFailed(await site.build(await site.image('busy', { steps: [{ name: 'off-on', restart: true }] })), {
    step: 'docker',
    code: 'guest.servicing-busy',
    message: /^Expected Windows to be through with its start within \d+ s, found it waiting for servicing to be idle$/,
    remedy: /raise `timeouts\.boot`.*CBS\.log/,
    left: [masterOn],
  });
});
