import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readScenario } from '../../lab/scenario.ts';
import { assertDone, assertFailed, type Built, type ExpectedFailure } from './built.ts';
import { type Changes, openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;
const masterOn = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build goes on with it$/;

/** Builds with updates under one of lab/scenarios. */
async function build(scenario: string, changes: Changes = { updates: {} }) {
  const name = scenario.replace('.yaml', '');
  await lab.faults.scenario(await readScenario(join(import.meta.dirname, '../../lab/scenarios', `${name}.yaml`)));
  return site.build(await site.image(name, changes));
}

function installedIn(built: Built): string {
  const [finished] = built.of('step-finished').filter(({ step }) => step === 'windows-updates');
  return JSON.stringify(finished?.output);
}

async function fails(scenario: string, expected: Omit<ExpectedFailure, 'left'>, changes?: Changes) {
  const built = await build(scenario, changes);
  assertFailed(built, { ...expected, left: [masterOn] });
  return built;
}

suite('Windows updates', () => {
  test('that a restart of Windows breaks off: the KBs of both attempts are the output', async () => {
    const built = await build('updates-reboot-in-middle');
    assertDone(built);
    assert.deepEqual(
      built.of('step-retry').map(({ failure }) => failure.code),
      ['guest.restarted'],
    );
    assert.match(installedIn(built), /KB5016616/);
  });

  test('of an attempt that broke off later are read back from Windows', async () => {
    const rounds = [
      [{ kb: 'KB5000001', title: 'First', reboot: true }],
      [{ kb: 'KB5000009', title: 'Broken', resultCode: 4, hresult: -2147023293 }],
      [{ kb: 'KB5000003', title: 'Third' }],
    ];
    await lab.faults.scenario({ updates: { rounds } });
    const file = await site.image('read-back', { updates: {} });
    const { evidence } = assertFailed(await site.build(file), {
      step: 'windows-updates',
      code: 'updates.failed',
      message: /found 1 that failed$/,
      remedy: /KB5034439 .*exclude it.*exclude the update in `updates\.exclude`/,
      evidence: /^KB5000009 Broken: failed, 0x80070643 \(the installer of the update failed\)$/,
      left: [masterOn],
    });
    assert.equal(evidence?.length, 1);
    const again = await site.build(file);
    assertDone(again);
    assert.match(installedIn(again), /KB5000001.*KB5000003/, 'the first was installed by the build that failed');
  });

  test('that Windows takes back at the restart', async () => {
    await fails('updates-rollback', {
      step: 'windows-updates',
      code: 'updates.rollback',
      message: /^expected new updates in each round, found the same ones again$/,
      remedy: /exclude them in `updates\.exclude`.*CBS\.log/,
      evidence: /^KB5016616 Cumulative update/,
    });
  });

  test('whose metadata a restart mends', async () => {
    const built = await build('updates-metadata-once');
    assertDone(built);
    assert.ok(built.of('step-progress').some(({ message }) => message === 'Restarting Windows for 0x8002802B'));
    assert.match(installedIn(built), /KB5016616/);
  });

  test('whose metadata stays broken: one restart, then the reason', async () => {
    const built = await fails('updates-metadata-broken', {
      step: 'windows-updates',
      code: 'updates.metadata',
      message: /found 0x8002802B, the metadata of an update cannot be read$/,
      remedy: /SoftwareDistribution/,
      evidence: /^Windows was restarted for 0x8002802B before$/m,
    });
    assert.equal(built.of('step-progress').filter(({ message }) => /^Restarting Windows/.test(message)).length, 1);
  });

  test('from a WSUS server that is not to be found', async () => {
    const wsus = { updates: { source: { wsus: 'http://wsus.example.com:8530' } } };
    await fails(
      'wsus-unreachable',
      {
        step: 'windows-updates',
        code: 'updates.search',
        message: /^expected the search for updates to succeed, found 0x8024402C, the name of the server or proxy/,
        remedy: /DNS.*`updates\.source\.wsus`/,
      },
      wsus,
    );
    assertDone(await build('wsus-unreachable', { updates: {} }));
  });

  test('beside another installation that never ends', async () => {
    await fails('updates-busy', {
      step: 'windows-updates',
      code: 'updates.busy',
      message: /found 0x80240016, another installation is at work, or a restart is due$/,
      remedy: /build again/,
    });
  });

  test('that are named, and are not there', async () => {
    await lab.faults.scenario({ updates: { rounds: [[{ kb: 'KB5000001', title: 'Other' }]] } });
    assertFailed(await site.build(await site.image('include', { updates: { include: ['KB5000002'] } })), {
      step: 'windows-updates',
      code: 'updates.include',
      message: /^expected KB5000002 to be offered or installed, found neither$/,
      remedy: /a later one replaces/,
      left: [masterOn],
    });
  });

  test('while Windows wants a restart that never helps', async () => {
    await fails('reboot-pending-stays', {
      step: 'windows-updates',
      code: 'guest.reboot-loop',
      message: /^expected Windows to want no restart any more after 3 of them/,
      remedy: /CBS\.log/,
    });
  });
});
