import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ended } from '../cli/ingot.ts';
import { assertDone, assertFailed, type Built } from './built.ts';
import { openSite, vmNames } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;
const masterOn = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build goes on with it$/;
const masterOff = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOff\): the next build goes on with it$/;
const replaced = /^VM \/DC0\/vm\/[a-z-]+-candidate \(powered(On|Off)\): the next build replaces it$/;
const EDGE = 'Microsoft.MicrosoftEdge.Stable_139.0.3405.86_neutral__8wekyb3d8bbwe';
const NOTES = 'Example.Notes_1.2.3.0_x64__8wekyb3d8bbwe';

/** Kills a build as soon as it tells something; how it ended until then. */
async function killAt(file: string, at: RegExp): Promise<void> {
  const child = site.start(file);
  const end = ended(child);
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (event.type === 'step-progress' && at.test(event.message)) child.kill('SIGKILL');
  }
  assert.equal((await end).code, null, 'the build was over before');
}

const logs = (built: Built) => built.of('step-log').map(({ message }) => message);
const warnings = (built: Built) => built.of('warning').map(({ message }) => message);

async function extraConfigOf(name: string): Promise<string> {
  return JSON.stringify((await readVm(site, name)).config.extraConfig);
}

suite('AppX packages of users', () => {
  test('one that nobody may remove is named before the clone is made; in the image file, it goes', async () => {
    await lab.faults.scenario({ sysprep: { found: { packages: [NOTES] } } });
    const failed = await site.build(await site.image('notes'));
    assertFailed(failed, {
      step: 'master',
      code: 'sysprep.appx',
      message: /^Expected no AppX package .*, found Example\.Notes_1\.2\.3\.0_x64__8wekyb3d8bbwe\.$/,
      remedy: /`windows\.sysprep\.removeAppx`/,
      left: [masterOn],
    });
    assert.ok(!(await vmNames(site)).includes('notes-candidate'));
    const file = await site.image('notes', { windows: { sysprep: { removeAppx: ['Example.Notes'] } } });
    const built = await site.build(file);
    assertDone(built);
    assert.deepEqual(
      logs(built).filter((line) => line.startsWith('removed ')),
      [`removed ${NOTES}`],
    );
  });

  test('all of them, where the image file says so; none, not even Edge, where it says that', async () => {
    await lab.faults.scenario({ sysprep: { found: { packages: [NOTES, EDGE] } } });
    assertDone(await site.build(await site.image('all', { windows: { sysprep: { removeAppx: true } } })));
    const none = await site.build(await site.image('none', { windows: { sysprep: { removeAppx: false } } }));
    const failure = assertFailed(none, {
      step: 'master',
      code: 'sysprep.appx',
      message: /^Expected Windows to be ready for Sysprep, found 2 things in the way: /,
      remedy: /removeAppx/,
      left: [masterOn],
    });
    assert.equal(failure.evidence?.length, 2);
  });
});

test('a line that is harmless in this image passes once the image file says so', async () => {
  await lab.faults.scenario({ sysprep: { errors: ['SYSPRP ExampleAgent: could not tell its server (17)'] } });
  const ignore = (part: string) => ({ windows: { sysprep: { ignoreErrors: [part] } } });
  assertFailed(await site.build(await site.image('line', ignore('another agent'))), {
    step: 'sysprep',
    code: 'sysprep.failed',
    message: /^expected setuperr\.log without lines that are not known as harmless, found \d$/,
    remedy: /`windows\.sysprep\.ignoreErrors`/,
    evidence: /ExampleAgent/,
    left: [masterOff, replaced],
  });
  const built = await site.build(await site.image('line', ignore('exampleagent: could not tell')));
  assertDone(built);
  assert.ok(built.cached.includes('master'), 'only the clone is made anew');
});

test('nobody may ignore the lines by which Sysprep gives up', async () => {
  await lab.faults.scenario({ sysprep: { errors: ['[0x0f0070] SYSPRP RunDlls:An error occurred, halting'] } });
  const file = await site.image('fatal', { windows: { sysprep: { ignoreErrors: ['SYSPRP'] } } });
  assert.equal((await site.build(file)).end.failure?.code, 'sysprep.failed');
});

suite('a build that was killed while Sysprep ran', () => {
  test('waits for the same Sysprep: no other clone, no second start', async () => {
    await lab.faults.scenario({ sysprep: { takes: 4000 } });
    const file = await site.image('resumed', { smokeTest: { enabled: true } });
    await killAt(file, /^Sysprep is running$/);
    const before = (await readVm(site, 'resumed-candidate')).self.value;
    assert.match(await extraConfigOf('resumed-candidate'), /ingot\.sysprep\.run/);
    await lab.resetCounts();
    const built = await site.build(file);
    assertDone(built);
    assert.match(logs(built).join('\n'), /^going on with resumed-candidate: an earlier build started Sysprep in it/m);
    assert.equal((await lab.counts()).CloneVM_Task ?? 0, 1, 'one clone, for the smoke test');
    assert.equal((await readVm(site, 'resumed')).self.value, before, 'the clone that was sealed is the template');
    assert.doesNotMatch(await extraConfigOf('resumed'), /ingot\.sysprep\.(run|verdict)/);
  });

  test('takes the verdict that was kept on the VM, though guestinfo is gone', async () => {
    await lab.faults.scenario({ sysprep: { neverOff: true } });
    const file = await site.image('verdict');
    await killAt(file, /^Sysprep has succeeded; Windows shuts down$/);
    await site.govc('vm.power', '-off', '-force', 'verdict-candidate');
    assert.doesNotMatch(await extraConfigOf('verdict-candidate'), /guestinfo\.ingot\.sysprep","value":"\{/);
    await lab.faults.scenario({});
    const before = (await readVm(site, 'verdict-candidate')).self.value;
    const built = await site.build(file);
    assertDone(built);
    assert.match(built.proof('sysprep').join(), /IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE/);
    assert.equal((await readVm(site, 'verdict')).self.value, before);
  });

  test('the VM went off meanwhile, and no verdict was kept: the clone is made anew, and that is said', async () => {
    await lab.faults.scenario({ sysprep: { takes: 60_000 } });
    const file = await site.image('lost');
    await killAt(file, /^Sysprep is running$/);
    await site.govc('vm.power', '-off', '-force', 'lost-candidate');
    await lab.faults.scenario({});
    const built = await site.build(file);
    assertDone(built);
    assert.match(warnings(built).join('\n'), /Sysprep ran in lost-candidate; the VM is off and the verdict is gone/);
    assert.ok(built.cached.includes('master'));
  });

  test('somebody started the sealed VM meanwhile: the clone is made anew, and that is said', async () => {
    await lab.faults.scenario({ sysprep: { neverOff: true } });
    const file = await site.image('started');
    await killAt(file, /^Sysprep has succeeded; Windows shuts down$/);
    await site.govc('vm.power', '-off', '-force', 'started-candidate');
    await site.govc('vm.power', '-on', 'started-candidate');
    await lab.faults.scenario({});
    const before = (await readVm(site, 'started-candidate')).self.value;
    const built = await site.build(file);
    assertDone(built);
    assert.match(warnings(built).join('\n'), /somebody started started-candidate after it was sealed/);
    assert.notEqual((await readVm(site, 'started')).self.value, before);
  });

  test('another answer file is another Sysprep: the clone is made anew', async () => {
    await lab.faults.scenario({ sysprep: { takes: 60_000 } });
    await killAt(await site.image('changed'), /^Sysprep is running$/);
    await lab.faults.scenario({});
    const built = await site.build(await site.image('changed', { windows: { sysprep: { extendOsPartition: true } } }));
    assertDone(built);
    assert.doesNotMatch(logs(built).join('\n'), /going on with changed-candidate/);
  });
});

suite('the logs of a failure are fetched', () => {
  const folderOf = (built: Built) => (built.summary('diagnostics') ?? '').replace(/ \(\d+ files\)$/, '');

  test('of Sysprep: before Windows goes down; whole, beside the journal', async () => {
    await lab.faults.scenario({ sysprep: { outcome: 'fails' } });
    const built = await site.build(await site.image('logged'));
    assert.equal(built.end.failure?.code, 'sysprep.failed');
    const folder = folderOf(built);
    assert.equal(folder, `.ingot/logged/${built.end.build}/diagnostics`);
    const files = await readdir(join(site.folder, folder));
    assert.ok(files.includes('sysprep-setupact.log') && files.includes('services.txt'), files.join());
    assert.match(await readFile(join(site.folder, folder, 'sysprep-setuperr.log'), 'utf8'), /MicrosoftEdge\.Stable/);
    const shown = await site.show(await site.image('logged'), { flags: ['--reporter', 'plain'] });
    assert.match(shown.stdout, /^ {2}diagnostics +\.ingot\/logged\//m);
  });

  test('of any step with a running Windows; the first error stays the one that is told', async () => {
    await lab.faults.scenario({
      scripts: { 'firewall.ps1': { fails: 'broken' }, 'diagnostics.ps1': { fails: 'broken as well' } },
    });
    const built = await site.build(await site.image('twofold'));
    assert.equal(built.end.failure?.message, 'firewall.ps1 failed: broken');
    assert.match(
      built.summary('diagnostics') ?? '',
      /^none, Windows in twofold-master cannot be reached: .*broken as well; screenshot: /,
    );
    await lab.faults.scenario({ scripts: { 'firewall.ps1': { fails: 'broken' } } });
    const again = await site.build(await site.image('twofold'));
    assert.ok((await readdir(join(site.folder, folderOf(again)))).includes('state.txt'));
  });

  test('Windows cannot be reached: one line, and a picture', async () => {
    await lab.faults.scenario({ ssh: { refusesKey: true } });
    const built = await site.build(await site.image('refused'));
    assert.equal(built.end.failure?.code, 'guest.auth');
    const told = built.summary('diagnostics') ?? '';
    const [, picture = ''] = /screenshot: (\S+\.png)$/.exec(told) ?? [];
    assert.match(told, /^none, Windows in refused-master cannot be reached: /);
    assert.equal((await readFile(join(site.folder, picture))).subarray(1, 4).toString(), 'PNG');
  });

  test('no Windows, no logs: nothing is said', async () => {
    await lab.faults.scenario({});
    const built = await site.build(await site.image('nowhere', { placement: { datastore: 'missing' } }));
    assert.equal(built.end.status, 'failed');
    assert.equal(built.summary('diagnostics'), undefined);
  });
});
