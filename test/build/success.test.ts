import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';
import { root, sample } from '../cli/ingot.ts';
import { assertDone } from './built.ts';
import { answerDiscs, openSite, tool } from './site.ts';
import { devicesOf, foreignVm, readVm } from './vm.ts';

const soapCheck = join(root, '../shared/tools/soap-check.py');
const name = 'windows-server-20h2';

const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-trace-')), 'trace');
after(() => rmSync(dirname(trace), { recursive: true }));

const site = await openSite({ vcsimArgs: ['-trace', '-trace-file', trace] });
const foreign = await foreignVm(site, 'foreign');
const foreignBefore = await foreign();
await site.lab.resetCounts();
const built = await site.build(sample);
const counts = await site.lab.counts();

test('build: from the sample image to a template, every step with its proof', () => {
  assertDone(built);
  // These have nothing to wait for; which of them is over first is up to the clock.
  assert.deepEqual(built.ran.slice(0, 2).sort(), ['inspect-media', 'preflight']);
  assert.deepEqual(built.ran.slice(2), [
    'upload-iso',
    'answer-disc',
    'upload-media',
    'create-vm',
    'install-windows',
    'vmware-tools',
    'ip-address',
    'openssh',
    'tools-conf',
    'docker',
    'firewall',
    'memory-dump',
    'motd',
    'cleanup',
    'inventory',
    'master',
    'clone',
    'sysprep',
    'seal',
    'smoke-test',
    'template',
  ]);
  for (const { step, proof } of built.of('step-finished')) assert.ok(proof.length > 0, `${step} proved nothing`);
  assert.deepEqual(
    built.of('step-skipped').map(({ step, reason }) => [step, reason]),
    [
      ['time', 'not asked for'],
      ['certificates', 'none asked for'],
      ['defender', 'no exclusions asked for'],
      ['windows-updates', 'updates: none'],
      ['features', 'none asked for'],
      ['containerd', 'not asked for'],
      ['registry', 'none asked for'],
      ['publish', 'not asked for'],
    ],
  );
  assert.equal(built.summary('template'), `/DC0/vm/${name}`);
  assert.match(built.summary('MoRef') ?? '', /^VirtualMachine:vm-\d+$/);
  assert.match(built.summary('Windows') ?? '', /^19042\.508 ServerStandardACor \(Server Core\)$/);
  assert.deepEqual(built.end.left, []);
  assert.equal(built.stderr, '');
});

test('the template as govc sees it', async () => {
  assert.equal(await site.govc('find', '/', '-type', 'm', '-config.template', 'true'), `/DC0/vm/${name}\n`);
  const { config, runtime, self } = await readVm(site, name);
  assert.equal(built.summary('MoRef'), `VirtualMachine:${self.value}`);
  assert.equal(config.version, 'vmx-15');
  assert.equal(config.firmware, 'efi');
  assert.equal(config.guestId, 'windows9Server64Guest');
  assert.equal(runtime.powerState, 'poweredOff');
  assert.match(config.annotation, /^Windows Server 20H2 19042\.508 .*, built by ingot .*, sealed 20\d\d-/);
  const { numCPU, memoryMB, device } = config.hardware;
  assert.deepEqual([numCPU, memoryMB], [4, 8192]);
  assert.deepEqual(
    device.flatMap(({ capacityInBytes }) => capacityInBytes ?? []),
    [60 * 2 ** 30],
  );
  const devices = await devicesOf(site, name);
  const count = (type: string) => devices.filter((device) => device === type).length;
  assert.deepEqual(
    ['ParaVirtualSCSIController', 'VirtualDisk', 'VirtualVmxnet3', 'VirtualCdrom'].map(count),
    [1, 1, 1, 0],
  );
});

test('extraConfig of the template: what was proved, and nothing of the build', async () => {
  const { config } = await readVm(site, name);
  const values = new Map(config.extraConfig.map(({ key, value }) => [key, String(value)]));
  const ours = [...values.keys()].filter((key) => key.includes('ingot'));
  assert.deepEqual(ours.sort(), [
    'ingot.build',
    'ingot.facts',
    'ingot.fingerprint',
    'ingot.image',
    'ingot.role',
    'ingot.step.clone',
    'ingot.step.smoke-test',
    'ingot.step.sysprep',
    'ingot.windows',
  ]);
  assert.equal(values.get('ingot.build'), built.end.build);
  const facts = JSON.parse(values.get('ingot.facts') ?? '');
  const stdout = await tool('ssh-keygen', '-l', '-f', site.lab.env.INGOT_VAR_public_key ?? '');
  const [bits, fingerprint] = stdout.split(' ');
  assert.deepEqual(
    facts.authorizedKeys.map((key: { bits: number; fingerprint: string }) => [String(key.bits), key.fingerprint]),
    [[bits, fingerprint]],
  );
  assert.deepEqual([facts.runtime, facts.ports], [{ name: 'docker', version: '20.10.9' }, ['10250']]);
  assert.equal(values.get('ingot.role'), 'template');
  assert.match(
    values.get('ingot.step.sysprep') ?? '',
    /"imageState":"IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE","tag":true/,
  );
  assert.equal(values.get('disk.EnableUUID'), 'TRUE');
});

test('the master is kept, off, with two snapshots and no CD', async () => {
  const { config, runtime } = await readVm(site, `${name}-master`);
  assert.equal(runtime.powerState, 'poweredOff');
  assert.equal(config.extraConfig.find(({ key }) => key === 'ingot.role')?.value, 'master');
  assert.deepEqual(
    (await devicesOf(site, `${name}-master`)).filter((device) => device === 'VirtualCdrom'),
    [],
  );
  const tree = await site.govc('snapshot.tree', '-vm', `${name}-master`);
  assert.deepEqual(
    tree.match(/ingot [a-z-]+ [0-9a-f]{12}/g)?.map((line) => line.slice(0, -13)),
    ['ingot install-windows', 'ingot master'],
  );
});

test('the datastore holds the ISO, named by its content and bootable without a key press, and no answer disc', async () => {
  assert.deepEqual(await answerDiscs(site), []);
  const iso = join(root, 'lab/media/windows-server-20h2.iso');
  const files = (await site.govc('datastore.ls', 'ingot/media')).trim().split('\n');
  const uploaded = files.find((name) => name.endsWith('.iso')) ?? '';
  assert.deepEqual(files.sort(), [uploaded, `${uploaded}.sha256`]);
  const copy = join(site.folder, uploaded);
  await site.govc('datastore.download', `ingot/media/${uploaded}`, copy);
  await site.govc('datastore.download', `ingot/media/${uploaded}.sha256`, `${copy}.sha256`);
  const bytes = await readFile(copy);
  const digest = createHash('sha256').update(bytes).digest('hex');
  assert.equal(uploaded, `sha256-${digest.slice(0, 12)}-windows-server-20h2.iso`);
  assert.equal(await readFile(`${copy}.sha256`, 'utf8'), `${digest}  ${uploaded}\n`);
  const original = await readFile(iso);
  const changed = [...bytes.keys()].filter((at) => bytes[at] !== original[at]);
  assert.ok(bytes.length === original.length && changed.length > 0 && changed.length <= 4, `${changed} differ`);
  const report = await tool('xorriso', '-indev', copy, '-report_el_torito', 'plain');
  assert.match(report, /^El Torito img path :\s+2\s+\/efi\/microsoft\/boot\/efisys_noprompt\.bin$/m);
});

// Five keep the run of Sysprep and its verdict on the clone. Guest operations have no session: 51 of them are of the
// smoke test, of which the script and what it dot-sources take 30.
test('the build sends at most 134 SOAP requests and a few polls, by the summary and by the count of the proxy', () => {
  const soap = Object.entries(counts).filter(([method]) => !method.includes(' '));
  // Behind the summary come the end of the lease (a deletion and its task, which a slow machine waits for) and Logout.
  const seen = soap.reduce((sum, [, count]) => sum + count, 0) - 3;
  const told = Number(built.summary('SOAP requests'));
  // How often the wait for changes is answered is up to the clock: a slow machine has more of them.
  const polls = counts.WaitForUpdatesEx ?? 0;
  assert.ok(seen - polls <= 134 && polls <= 40, `${seen} seen, ${polls} polls: ${JSON.stringify(counts)}`);
  // A poll that is given up before it left is known to ingot only.
  assert.ok(Math.abs(told - seen) <= 4, `${seen} seen, ${told} told: ${JSON.stringify(counts)}`);
  assert.deepEqual([counts.CreateVM_Task, counts.CloneVM_Task, counts.Login], [1, 2, 1]);
});

test('a VM that ingot did not make stays as it was', async () => {
  assert.deepEqual(await foreign(), foreignBefore);
});

// vCenter refuses what vcsim takes: properties in another order, or unknown to the oldest version.
if (existsSync(soapCheck)) {
  test('soap-check finds no problem in the trace of the build', async () => {
    const found = await tool(soapCheck, '--api', '6.7', trace);
    assert.match(found, /^\d{2,} requests, \d+ methods, 0 problems$/m);
  });
}
