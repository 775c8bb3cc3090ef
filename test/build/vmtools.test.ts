import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, suite, test } from 'node:test';
import { makeSshKey } from '../../lab/ssh-keys.ts';
import type { BuildEvent } from '../../pipeline/events.ts';
import { derivedPassword } from '../../steps/support/password.ts';
import { ended, root } from '../cli/ingot.ts';
import { assertDone, assertFailed } from './built.ts';
import { openSite, tool, vmNames } from './site.ts';
import { readVm } from './vm.ts';

const soapCheck = join(root, '../shared/tools/soap-check.py');
const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-vmtools-')), 'trace');
after(() => rmSync(dirname(trace), { recursive: true }));

/** The runner reaches vCenter only: what the guest reports as its address answers nobody. */
const network = { unreachable: true };
const site = await openSite({ env: { INGOT_LAB_TRACE: trace } });
const { lab } = site;
await lab.faults.scenario({ network });

const planted = 'ghp_plantedTokenOfAStep0815';
const token = { name: 'token', powershell: "Write-Output 'joining'", parameters: { token: { secret: 'env:PLANTED' } } };
const image = (name: string, changes = {}) => site.image(name, { communicator: 'vmtools', ...changes });

/** The password that the build derived, from what its VM shows and the key that the runner has. */
async function passwordOf(name: string, purpose: string): Promise<string> {
  const { config } = await readVm(site, `${name}-master`);
  const salt = String(config.extraConfig.find(({ key }) => key === 'ingot.salt')?.value);
  assert.match(salt, /^[0-9a-f]{32}$/);
  const key = lab.env.INGOT_SSH_PRIVATE_KEY ?? '';
  return derivedPassword({ secret: `${key.replace(/\s+/g, '')}\0`, guessable: false, salt, purpose });
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('a whole build without a connection to the VM', async () => {
  const file = await image('tools', { steps: [token] });
  await lab.resetCounts();
  const built = await site.build(file, { env: { PLANTED: planted } });
  assertDone(built);
  assert.ok(['tools-conf', 'docker', 'token', 'sysprep', 'template'].every((step) => built.ran.includes(step)));
  assert.equal((await readVm(site, 'tools')).config.template, true);
  const counts = await lab.counts();
  assert.ok((counts.StartProgramInGuest ?? 0) >= 10, JSON.stringify(counts));
  // The end of a script is told: it is hardly ever asked for.
  assert.ok((counts.ListProcessesInGuest ?? 0) <= (counts.StartProgramInGuest ?? 0), JSON.stringify(counts));

  const requests = await readFile(trace, 'utf8');
  assert.match(requests, /StartProgramInGuest/);
  assert.match(
    requests,
    /C:\\ProgramData\\ingot\\scripts\\user-token\.ps1 &lt; /,
    'what is looked through is all there',
  );
  const places = [built.stdout, built.stderr, requests, JSON.stringify(await readVm(site, 'tools-master'))];
  for (const path of await filesBelow(join(site.folder, '.ingot'))) places.push(await readFile(path, 'latin1'));
  const passwords = [await passwordOf('tools', 'installation'), await passwordOf('tools', 'template')];
  assert.notEqual(passwords[0], passwords[1]);
  for (const secret of [planted, ...passwords]) {
    for (const form of [secret, Buffer.from(secret).toString('base64')])
      assert.ok(!places.some((place) => place.includes(form)), `a secret is in the clear: ${secret}`);
  }
  const template = JSON.stringify(await readVm(site, 'tools'));
  assert.doesNotMatch(template, /ingot\.salt|guestinfo\.ingot/);
});

if (existsSync(soapCheck)) {
  test('soap-check finds no problem in its requests', async () => {
    const found = await tool(soapCheck, '--api', '6.7', trace);
    assert.match(found, /^\d{3,} requests, \d+ methods, 0 problems$/m);
  });
}

suite('Windows, while a script runs', () => {
  test('restarts: the step is run again, and the reason is told', async () => {
    await lab.faults.scenario({ network, scripts: { 'docker.ps1': { reboots: 1 } } });
    const built = await site.build(await image('reboots'));
    assertDone(built);
    const [retry, ...more] = built.of('step-retry');
    assert.deepEqual(more, []);
    assert.deepEqual([retry?.step, retry?.failure.code], ['docker', 'guest.restarted']);
  });

  test('loses VMware Tools for a moment, and with them the process: the step is run again', async () => {
    await lab.faults.scenario({ network, scripts: { 'docker.ps1': { drops: 1 } } });
    const built = await site.build(await image('drops'));
    assertDone(built);
    assert.deepEqual(
      built.of('step-retry').map(({ failure }) => failure.code),
      ['guest.connection-lost'],
    );
  });

  test('loses VMware Tools for good: told within timeouts.ssh', async () => {
    await lab.faults.scenario({ network, scripts: { 'firewall.ps1': { stopsTools: 1 } } });
    const built = await site.build(await image('stopped', { timeouts: { ssh: '1s' } }));
    assertFailed(built, {
      step: 'firewall',
      code: 'guest.unreachable',
      exit: 3,
      message: /^Expected VMware Tools of stopped-master to answer/,
      remedy: /does Windows run, and its service VMTools\?/,
      left: [/^VM \/DC0\/vm\/stopped-master/],
    });
  });

  test('goes on with a script that never ends: its time is up', async () => {
    await lab.faults.scenario({ network, scripts: { 'firewall.ps1': { hangs: true } } });
    const built = await site.build(await image('hangs', { timeouts: { script: '3s' } }));
    assertFailed(built, {
      step: 'firewall',
      code: 'step.timeout',
      message: /^step firewall was not over after 3 s/,
      remedy: /raise the step’s deadline/,
      left: [/^VM \/DC0\/vm\/hangs-master/],
    });
  });
});

test('another runner goes on where the first was killed, in the middle of a script', async () => {
  await lab.faults.scenario({ network, scripts: { 'firewall.ps1': { hangs: true } } });
  const file = await image('killed');
  const child = site.start(file);
  const end = ended(child);
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (event.type !== 'step-started' || event.step !== 'firewall') continue;
    await lab.resetCounts();
    // It runs in the guest: started, and not heard of again.
    for (let counts = await lab.counts(); (counts.StartProgramInGuest ?? 0) < 1; counts = await lab.counts());
    child.kill('SIGKILL');
    break;
  }
  assert.equal((await end).code, null);
  await lab.faults.scenario({ network });
  const built = await site.build(file, { env: { TZ: 'Pacific/Auckland' } });
  assertDone(built);
  assert.ok(built.cached.includes('install-windows') && built.ran.includes('firewall'), built.cached.join());
  assert.deepEqual(
    (await vmNames(site)).filter((name) => name.startsWith('killed')),
    ['killed', 'killed-master'],
  );
});

test('a file of 1 MiB is brought into Windows', async () => {
  await lab.faults.scenario({ network });
  const path = join(site.folder, 'large.bin');
  await writeFile(path, Buffer.alloc(2 ** 20, 'ingot'));
  await lab.resetCounts();
  const upload = { name: 'large', upload: { from: path, to: 'C:\\large.bin' } };
  const built = await site.build(await image('upload', { steps: [upload] }));
  assertDone(built);
  assert.ok(built.of('step-progress').some(({ step, done, total }) => step === 'large' && done === total));
});

test('a runner with another key has another password, and is told so', async () => {
  await lab.faults.scenario({ network, scripts: { 'firewall.ps1': { fails: 'not yet' } } });
  const file = await image('other-key');
  assert.equal((await site.build(file)).code, 1);
  await lab.faults.scenario({ network });
  const { privateKey } = makeSshKey('another');
  const built = await site.build(file, { env: { INGOT_SSH_PRIVATE_KEY: privateKey } });
  assertFailed(built, {
    step: built.of('step-failed')[0]?.step ?? '',
    code: 'guest.auth',
    message: /refused the account with the password of this build/,
    remedy: /openssh\.privateKey .* ingot\.salt/,
    left: [/^VM \/DC0\/vm\/other-key-master/],
  });
  assertDone(await site.build(file));
});

test('an account of vCenter that may not: said with the privileges', async () => {
  const detail =
    '<object type="VirtualMachine">vm-1</object><privilegeId>VirtualMachine.GuestOperations.Execute</privilegeId>';
  await lab.faults.scenario({
    network,
    faults: [{ kind: 'soap', method: 'StartProgramInGuest', type: 'NoPermission', detail, times: 9 }],
  });
  const built = await site.build(await image('denied'));
  await lab.faults.clear();
  const [failed] = built.of('step-failed');
  assertFailed(built, {
    step: failed?.step ?? '',
    code: 'guest.operations-denied',
    message: /the account of vCenter may not/,
    remedy: /VirtualMachine\.GuestOperations\.Execute/,
    left: [/^VM \/DC0\/vm\/denied-master/],
  });
});
