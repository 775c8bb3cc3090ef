import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Scenario } from '../../lab/scenario.ts';
import { sysprepAnswer } from './support/answer.ts';
import {
  createVm,
  guestinfo,
  install,
  readGuestFile,
  type Session,
  script,
  sftp,
  ssh,
  sshOptions,
  until,
  upload,
} from './support/guest.ts';
import { suiteLab } from './support/lab.ts';
import { collect, govc, PATH } from './support/tools.ts';

process.env.PATH = PATH;
const SCRIPTS = Object.fromEntries(
  [
    'state',
    'restart',
    'vmware-tools',
    'openssh',
    'tools-conf',
    'windows-updates',
    'job',
    'job-task',
    'windows-feature',
    'docker',
    'firewall',
    'cleanup',
    'sysprep',
    'sysprep-task',
    'user',
  ].map((name) => [`${name}.ps1`, `# ${name}\r\n`]),
);

describe('scenarios', async () => {
  const { lab, folder } = await suiteLab();
  let count = 0;

  async function vmWith(scenario: Scenario, toolsVersion?: string): Promise<string> {
    await lab.faults.scenario(scenario);
    count += 1;
    const vm = await createVm(lab, {
      name: `vm${count}`,
      folder,
      ...(toolsVersion === undefined ? {} : { toolsVersion }),
    });
    return vm;
  }

  async function open(vm: string): Promise<Session> {
    const address = await until(lab, vm, 'guest.ipAddress', (value) => value.startsWith('127.'));
    return { lab, address, folder, options: await sshOptions(lab, vm, address, folder) };
  }

  async function installed(scenario: Scenario): Promise<{ vm: string; session: Session }> {
    const vm = await vmWith(scenario);
    await install(lab, vm);
    const session = await open(vm);
    return { vm, session };
  }

  async function toolsVersion(vm: string): Promise<unknown> {
    const tools = (await guestinfo(lab, vm, 'bootstrap'))?.tools;
    return tools !== null && typeof tools === 'object' && 'version' in tools ? tools.version : undefined;
  }

  async function screenOf(words: RegExp): Promise<void> {
    const deadline = Date.now() + 5000;
    for (;;) {
      const screens = (await lab.guests()).map((guest) => guest.screen);
      if (screens.some((screen) => words.test(screen))) return;
      assert.ok(Date.now() < deadline, screens.join('\n'));
    }
  }

  async function state(session: Session): Promise<Record<string, unknown>> {
    const { result } = await script(session, 'state.ps1', {});
    assert.ok(result !== undefined);
    return result;
  }

  async function upAgain(vm: string, before: unknown): Promise<Session> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const session = await open(vm);
      const { result } = await script(session, 'state.ps1', {});
      if (result !== undefined && result.bootTime !== before) return session;
    }
    throw new Error('the guest did not restart');
  }

  test('setup.stuckAt: Setup waits at a dialog, nothing is told', async () => {
    const vm = await vmWith({ setup: { stuckAt: 'Windows cannot read the <ProductKey> setting' } });
    await govc(lab.env, 'vm.power', '-on', vm);
    await screenOf(/ProductKey/);
    assert.equal(await guestinfo(lab, vm, 'bootstrap'), undefined);
    assert.equal(await collect(lab.env, vm, 'guest.toolsRunningStatus'), 'guestToolsNotRunning');
  });

  test('bootstrap.fails: told with its evidence', async () => {
    const vm = await vmWith({ bootstrap: { fails: 'OpenSSH could not be installed', evidence: ['0x800f0954'] } });
    await govc(lab.env, 'vm.power', '-on', vm);
    await until(lab, vm, 'guest.toolsRunningStatus', (value) => value === 'guestToolsRunning');
    assert.deepEqual(await guestinfo(lab, vm, 'bootstrap'), {
      state: 'failed',
      build: 'build-1',
      message: 'OpenSSH could not be installed',
      evidence: ['0x800f0954'],
    });
  });

  test('tools.version and an old disc: too old a VMware Tools', async () => {
    const { vm } = await installed({ tools: { version: '10.3.0.1' } });
    assert.equal(await toolsVersion(vm), '10.3.0.1');
    assert.equal(await collect(lab.env, vm, 'guest.toolsVersionStatus2'), 'guestToolsSupportedOld');
    const old = await vmWith({}, '10.0.0.5');
    await install(lab, old);
    assert.equal(await toolsVersion(old), '10.0.0.5');
  });

  test('tools.startType: the service is not automatic, so Tools are gone after a restart', async () => {
    const { vm, session } = await installed({ tools: { startType: 'Manual' } });
    await upload(session, SCRIPTS);
    const { result } = await script(session, 'vmware-tools.ps1 -Test', {});
    assert.match(JSON.stringify(result?.before), /"startType":"Manual"/);
    const { bootTime } = await state(session);
    await script(session, 'restart.ps1', {});
    await until(lab, vm, 'guest.toolsRunningStatus', (value) => value === 'guestToolsNotRunning');
    assert.ok(bootTime);
  });

  test('network.linkLocal first: a real address follows', async () => {
    const vm = await vmWith({ network: { linkLocal: 'first' } });
    await govc(lab.env, 'vm.power', '-on', vm);
    assert.equal((await guestinfo(lab, vm, 'bootstrap').then(async () => open(vm))).address.split('.')[0], '127');
  });

  test('network.linkLocal only: no other address', async () => {
    const vm = await vmWith({ network: { linkLocal: 'only' } });
    await govc(lab.env, 'vm.power', '-on', vm);
    assert.equal(await until(lab, vm, 'guest.ipAddress', (value) => value !== ''), '169.254.17.23');
    assert.equal((await guestinfo(lab, vm, 'bootstrap'))?.state, 'ready');
  });

  test('ssh.hostKey differs: the published key is not the one shown', async () => {
    const { session } = await installed({ ssh: { hostKey: 'differs' } });
    const { code, err } = await ssh(session, 'ver');
    assert.equal(code, 255);
    assert.match(err, /Host key verification failed/);
  });

  test('ssh.refusesKey and bootstrap.keyAcl wide: the key is refused', async () => {
    for (const scenario of [{ ssh: { refusesKey: true } }, { bootstrap: { keyAcl: 'wide' } }] as const) {
      const { session } = await installed(scenario);
      const { code, err } = await ssh(session, 'ver');
      assert.equal(code, 255);
      assert.match(err, /Permission denied \(publickey\)/);
    }
  });

  test('openssh.keyAcl wide: openssh.ps1 tells it, and sshd refuses from then on', async () => {
    const { session } = await installed({ openssh: { keyAcl: 'wide' } });
    await upload(session, SCRIPTS);
    const { result } = await script(session, 'openssh.ps1', { authorizedKeys: ['ssh-ed25519 AAAA x'], port: 22 });
    assert.match(JSON.stringify(result?.after), /"acl":"O:BAG:SYD:AI[^"]*;AU\)"/);
    assert.match((await ssh(session, 'ver')).err, /Permission denied/);
  });

  test('scripts.reboots and .drops: once, in the middle', async () => {
    const { vm, session } = await installed({
      scripts: { 'firewall.ps1': { reboots: 1 }, 'cleanup.ps1': { drops: 1 } },
    });
    await upload(session, SCRIPTS);
    const { bootTime } = await state(session);
    const rules = { rules: [{ name: 'ContainerLogsPort', port: 10250, protocol: 'TCP' }] };
    const first = await script(session, 'firewall.ps1', rules);
    assert.equal(first.result, undefined);
    assert.match(first.out, /half done/);
    const again = await upAgain(vm, bootTime);
    assert.equal((await script(again, 'firewall.ps1', rules)).result?.changed, true);
    assert.equal((await script(again, 'firewall.ps1', rules)).result?.changed, false);
    const booted = (await state(again)).bootTime;
    const files = { componentStore: 'none', eventLogs: false, retrim: false };
    assert.equal((await script(again, 'cleanup.ps1', files)).result, undefined);
    assert.equal((await state(again)).bootTime, booted);
    assert.ok((await script(again, 'cleanup.ps1', files)).result !== undefined);
  });

  test('scripts.fails: with its message, as often as it says', async () => {
    const { session } = await installed({ scripts: { 'tools-conf.ps1': { fails: 'access denied', times: 1 } } });
    await upload(session, SCRIPTS);
    const { code, error } = await script(session, 'tools-conf.ps1', {});
    assert.equal(code, 1);
    assert.equal(error?.message, 'access denied');
    assert.equal(error?.script, 'tools-conf.ps1');
    assert.equal((await script(session, 'tools-conf.ps1', {})).code, 0);
  });

  test('updates.rounds: two rounds with a restart, and one update that fails', async () => {
    const { vm, session } = await installed({
      updates: {
        rounds: [
          [
            { kb: 'KB1', title: 'Cumulative', reboot: true },
            { kb: 'KB9', title: 'Excluded' },
          ],
          [{ kb: 'KB2', title: 'Broken', resultCode: 4, hresult: -2145124318 }],
        ],
      },
    });
    await upload(session, SCRIPTS);
    const parameters = {
      source: 'windows-update',
      categoryIds: [],
      include: [],
      exclude: ['KB9'],
      maximum: 50,
    };
    const direct = await script(session, 'windows-updates.ps1', parameters);
    assert.match(String(direct.error?.message), /0x80070005/, 'network logons are refused');
    const first = await updatesJob(session, parameters);
    assert.deepEqual(first, [1, [['KB1', 2, '0x00000000', false]], true]);
    const before = await state(session);
    assert.deepEqual(before.pendingReboot, ['WindowsUpdate\\RebootRequired']);
    await script(session, 'restart.ps1', {});
    const again = await upAgain(vm, before.bootTime);
    assert.deepEqual((await state(again)).pendingReboot, []);
    assert.deepEqual(await updatesJob(again, parameters), [1, [['KB2', 4, '0x80240022', false]], false]);
    assert.deepEqual(await updatesJob(again, parameters), [0, [], false]);
  });

  /** Runs a round as SYSTEM and takes what it found, installed and wants. */
  async function updatesJob(session: Session, parameters: unknown): Promise<unknown[]> {
    const job = { name: 'updates', id: randomUUID() };
    const start = { ...job, action: 'start', script: 'windows-updates.ps1', parameters };
    const { out, result: end } = await script(session, 'job.ps1', start);
    assert.equal(end?.state, 'ended');
    assert.deepEqual((await script(session, 'job.ps1', { ...job, action: 'take' })).result?.taken, true);
    const lines = [...out.matchAll(/^##ingot:job (\{"at".*\})\r?$/gm)].map(([, json = '']) => JSON.parse(json).line);
    const json = lines.find((line) => line.startsWith('##ingot:result '))?.slice('##ingot:result '.length) ?? '{}';
    const result = JSON.parse(json);
    const results = result.results.map((one: Record<string, unknown>) => [
      one.kb,
      one.resultCode,
      one.hresult,
      one.again,
    ]);
    return [result.found, results, result.rebootRequired];
  }

  async function sysprep(session: Session, computerName = '*'): Promise<Awaited<ReturnType<typeof script>>> {
    await upload(session, { ...SCRIPTS, 'unattend.xml': sysprepAnswer(computerName) });
    return script(session, 'sysprep.ps1', {
      run: 'run-1',
      unattend: 'C:\\ProgramData\\ingot\\scripts\\unattend.xml',
      password: 'Task-Password-1',
    });
  }

  test('sysprep: the verdict is heard before the guest switches itself off; a clone is another machine', async () => {
    const { vm, session } = await installed({});
    const hostKey = (await guestinfo(lab, vm, 'bootstrap'))?.hostKeys;
    const begun = (await sysprep(session)).result;
    assert.equal(begun?.changed, true, JSON.stringify(begun));
    const verdict = await guestinfo(lab, vm, 'sysprep');
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
    assert.equal(await guestinfo(lab, vm, 'sysprep'), undefined);
    if (verdict !== undefined) assert.equal(verdict.run, 'run-1');
    await govc(lab.env, 'vm.markastemplate', vm);
    await govc(lab.env, 'vm.clone', '-vm', vm, '-on=false', 'sealed-clone');
    await govc(lab.env, 'vm.power', '-on', 'sealed-clone');
    const clone = '/DC0/vm/sealed-clone';
    assert.match(await until(lab, clone, 'guest.hostName', (value) => value !== ''), /^WIN-[A-Z0-9]{11}$/);
    assert.equal(await guestinfo(lab, clone, 'bootstrap'), undefined);
    const address = await until(lab, clone, 'guest.ipAddress', (value) => value !== '');
    assert.notEqual(address, session.address);
    const options = session.options.map((option) =>
      option.replace('StrictHostKeyChecking=yes', 'StrictHostKeyChecking=accept-new'),
    );
    const there = { ...session, address, options };
    const key = await readGuestFile(there, '/C:/ProgramData/ssh/ssh_host_ed25519_key.pub');
    assert.ok(Array.isArray(hostKey) && !key.startsWith(String(hostKey[0])), key);
    await assert.rejects(sftp(there, 'ls /C:/ProgramData/ingot'), /not found/);
  });

  test('sysprep seals with a computer name that Windows refuses; the next boot stops at it', async () => {
    const { vm, session } = await installed({});
    await sysprep(session, 'NAME_WITH_LOW_LINE');
    assert.equal((await guestinfo(lab, vm, 'sysprep'))?.state, 'succeeded');
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
    await govc(lab.env, 'vm.power', '-on', vm);
    await screenOf(/for pass \[specialize\]\. The answer file is invalid/);
    await govc(lab.env, 'vm.power', '-reset', vm);
    await screenOf(/The computer restarted unexpectedly/);
    await govc(lab.env, 'vm.power', '-off', vm);
  });

  test('sysprep refuses a pending restart, a missing and a wrong answer file', async () => {
    const { session } = await installed({});
    await upload(session, { ...SCRIPTS, 'bad.xml': '<unattend' });
    const run = (unattend: string) => script(session, 'sysprep.ps1', { run: 'r', unattend, password: 'x' });
    const inTheWay = (told: Awaited<ReturnType<typeof script>>) => JSON.stringify(told.result?.after);
    assert.match(inTheWay(await run('C:\\none.xml')), /sysprep\.unattend/);
    assert.match(inTheWay(await run('C:\\ProgramData\\ingot\\scripts\\bad.xml')), /sysprep\.unattend/);
    assert.equal(
      (await script(session, 'windows-feature.ps1', { names: ['Containers'] })).result?.rebootRequired,
      true,
    );
    assert.match(inTheWay(await sysprep(session)), /sysprep\.pending-reboot/);
  });

  test('sysprep.outcome fails: a verdict with errors, and the guest still switches itself off', async () => {
    const { vm, session } = await installed({ sysprep: { outcome: 'fails' } });
    await sysprep(session);
    const verdict = await guestinfo(lab, vm, 'sysprep');
    assert.equal(verdict?.state, 'failed');
    assert.equal(verdict?.tag, false);
    assert.match(String(verdict?.errors), /not provisioned for all users/);
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
  });

  test('sysprep.outcome fails-silently: off without a verdict; hangs: on for ever', async () => {
    const silent = await installed({ sysprep: { outcome: 'fails-silently' } });
    await sysprep(silent.session);
    await until(lab, silent.vm, 'runtime.powerState', (value) => value === 'poweredOff');
    const hanging = await installed({ sysprep: { outcome: 'hangs' } });
    await sysprep(hanging.session);
    const verdict = await guestinfo(lab, hanging.vm, 'sysprep');
    assert.equal(verdict?.state, 'running');
    assert.equal(await collect(lab.env, hanging.vm, 'runtime.powerState'), 'poweredOn');
  });

  test('power.neverOff: a guest that ignores being asked to shut down', async () => {
    const { vm } = await installed({ power: { neverOff: true } });
    await govc(lab.env, 'vm.power', '-s', vm);
    assert.equal(await collect(lab.env, vm, 'runtime.powerState'), 'poweredOn');
    await lab.faults.scenario({});
    await govc(lab.env, 'vm.power', '-s', vm);
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
  });

  test('the disk: kept over a power cycle, frozen by a snapshot, gone with the VM', async () => {
    const { vm, session } = await installed({});
    await upload(session, { ...SCRIPTS, 'user.ps1': "Set-Content -Path C:\\motd.txt -Value 'first'\r\n" });
    assert.equal((await script(session, 'user.ps1', {})).code, 0);
    await govc(lab.env, 'vm.power', '-s', '-wait', vm);
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
    await govc(lab.env, 'snapshot.create', '-vm', vm, 'clean');
    await govc(lab.env, 'vm.power', '-on', vm);
    const again = { ...session, address: await until(lab, vm, 'guest.ipAddress', (value) => value !== '') };
    assert.equal(again.address, session.address);
    assert.match(await readGuestFile(again, '/C:/MOTD.txt'), /first/);
    await upload(again, { 'user.ps1': "Set-Content -Path C:\\motd.txt -Value 'second'\r\nexit 3\r\n" });
    assert.equal((await script(again, 'user.ps1', {})).code, 3);
    await govc(lab.env, 'snapshot.revert', '-vm', vm, 'clean');
    await govc(lab.env, 'vm.power', '-on', vm);
    await until(lab, vm, 'guest.ipAddress', (value) => value !== '');
    assert.match(await readGuestFile(again, '/C:/motd.txt'), /first/);
    await govc(lab.env, 'vm.destroy', vm);
    assert.equal((await ssh(again, 'ver')).code, 255);
  });
});
