import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { ended } from '../cli/ingot.ts';
import { assertDone, assertFailed } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;
const masterOn = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build goes on with it$/;
const updates = { rounds: [[{ kb: 'KB5000001', title: 'Cumulative Update' }]] };
const image = (name: string) => site.image(name, { updates: {} });

/** The log lines of windows-updates. */
function logOf(built: Awaited<ReturnType<typeof site.build>>): string[] {
  return built
    .of('step-log')
    .filter(({ step }) => step === 'windows-updates')
    .map(({ message }) => message);
}

suite('a job in Windows', () => {
  test('goes on while the connection is cut, and its log is followed from where it was', async () => {
    await lab.faults.scenario({ updates, jobs: { 'windows-updates': { drops: 1 } } });
    const built = await site.build(await image('job-drops'));
    assertDone(built);
    assert.deepEqual(built.of('step-retry'), [], 'the step did not even notice');
    assert.ok(logOf(built).some((line) => /The job windows-updates goes on without us/.test(line)));
    const told = built.of('step-progress').filter(({ message }) => message === 'Installing Cumulative Update');
    assert.equal(told.length, 1, 'no line is lost or doubled');
  });

  test('dies with a restart of Windows: the step is run again', async () => {
    await lab.faults.scenario({ updates, scripts: { 'windows-updates.ps1': { reboots: 1 } } });
    const built = await site.build(await image('job-reboots'));
    assertDone(built);
    const [retry, ...more] = built.of('step-retry');
    assert.deepEqual(more, []);
    assert.deepEqual([retry?.step, retry?.failure.code], ['windows-updates', 'guest.restarted']);
  });

  test('dies by itself: told as lost, and run again', async () => {
    await lab.faults.scenario({ updates, jobs: { 'windows-updates': { dies: 1 } } });
    const built = await site.build(await image('job-dies'));
    assertDone(built);
    assert.deepEqual(
      built.of('step-retry').map(({ failure }) => failure.code),
      ['guest.job-lost'],
    );
  });

  test('outlives the ingot that started it: the next one finds it and starts no second', async () => {
    await lab.faults.scenario({ updates, jobs: { 'windows-updates': { untilFound: true } } });
    const file = await image('job-found');
    const first = site.start(file);
    const end = ended(first);
    for await (const line of createInterface(first.stdout)) {
      if (line.includes('windows-updates.ps1 runs as the job')) first.kill('SIGKILL');
    }
    await end;
    const built = await site.build(file);
    assertDone(built);
    assert.ok(logOf(built).some((line) => /is known as the job windows-updates already/.test(line)));
    const [finished] = built.of('step-finished').filter(({ step }) => step === 'windows-updates');
    assert.match(JSON.stringify(finished?.output), /KB5000001/);
  });

  test('restarts of Windows without end are told as a loop', async () => {
    await lab.faults.scenario({ updates, scripts: { 'windows-updates.ps1': { reboots: 9 } } });
    assertFailed(await site.build(await image('job-loop')), {
      step: 'windows-updates',
      code: 'guest.reboot-loop',
      message: /^expected Windows to stay up during windows-updates, found that it restarted by itself 3 times$/,
      remedy: /System event log/,
      // Whichever script asks at that moment tells of it.
      evidence: /^Expected Windows to stay up while (windows-updates|job)\.ps1 ran/,
      left: [masterOn],
    });
  });
});
