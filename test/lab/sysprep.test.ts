import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Scenario } from '../../lab/scenario.ts';
import { sysprepAnswer } from './support/answer.ts';
import { createVm, guestinfo, install, type Session, script, sshOptions, until, upload } from './support/guest.ts';
import { suiteLab } from './support/lab.ts';
import { govc, PATH } from './support/tools.ts';

process.env.PATH = PATH;
const UNATTEND = 'C:\\ProgramData\\ingot\\scripts\\unattend.xml';
const AS_SYSTEM = "# starts the task with -UserId 'SYSTEM'\r\n";

suite('Sysprep in the modelled Windows', async () => {
  const { lab, folder } = await suiteLab();
  let count = 0;

  async function installed(scenario: Scenario, scripts: Record<string, string> = {}) {
    await lab.faults.scenario(scenario);
    count += 1;
    const vm = await createVm(lab, { name: `sysprep${count}`, folder });
    await install(lab, vm);
    const address = await until(lab, vm, 'guest.ipAddress', (value) => value.startsWith('127.'));
    const options = await sshOptions(lab, vm, address, folder);
    const session: Session = { lab, address, folder, options };
    const own = {
      'sysprep.ps1': '# sysprep\r\n',
      'sysprep-task.ps1': '# task\r\n',
      'unattend.xml': sysprepAnswer('*'),
    };
    await upload(session, { ...own, ...scripts });
    return { vm, session };
  }

  const run = (session: Session, more: Record<string, unknown> = {}) =>
    script(session, 'sysprep.ps1', { run: 'r1', unattend: UNATTEND, password: 'Task-Password-1', ...more });
  const told = (result: unknown) => JSON.stringify(result);

  test('started as SYSTEM, it seals, and the clone stays black', async () => {
    const { vm, session } = await installed({}, { 'sysprep.ps1': AS_SYSTEM });
    assert.equal((await run(session)).result?.changed, true);
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
    await govc(lab.env, 'vm.power', '-on', vm);
    const deadline = Date.now() + 5000;
    const screens = async () => (await lab.guests()).map(({ screen }) => screen);
    while (!(await screens()).includes(' ')) assert.ok(Date.now() < deadline, (await screens()).join('\n'));
    await govc(lab.env, 'vm.power', '-off', vm);
  });

  test('a task that looks who runs it refuses SYSTEM', async () => {
    const task = "if ($user -eq 'S-1-5-18') { throw }\r\n";
    const { vm, session } = await installed({}, { 'sysprep.ps1': AS_SYSTEM, 'sysprep-task.ps1': task });
    await run(session);
    assert.match(told(await guestinfo(lab, vm, 'sysprep')), /Expected to run as Administrator, found SYSTEM/);
  });

  test('a run is started once: the same id finds it, another one is refused', async () => {
    const { session } = await installed({ sysprep: { takes: 60_000 } });
    assert.equal((await run(session)).result?.changed, true);
    const again = (await run(session)).result;
    assert.equal(again?.changed, false);
    assert.match(told(again.after), /"started":true/);
    assert.equal((await run(session, { run: 'r2' })).error?.code, 'sysprep.other-run');
  });

  test('a report changes nothing, and tells everything at once', async () => {
    const found = { bitlocker: true, rearms: 1, packages: ['A.B_1_x64__p', 'C.D_1_x64__p'], roles: ['DNS'] };
    const { session } = await installed({ sysprep: { found } });
    const { result } = await script(session, 'sysprep.ps1', { removeAppx: ['A.B'], removeAllAppx: false }, true);
    assert.deepEqual(result?.after, result?.before);
    for (const part of ['sysprep.bitlocker', 'sysprep.roles', 'found C.D_1_x64__p', 'last activation rearm'])
      assert.ok(told(result?.after).includes(part), part);
    assert.ok(!told(result?.after).includes('found A.B_1_x64__p'), 'it will be removed');
  });

  test('each generalization takes a rearm', async () => {
    const { vm, session } = await installed({});
    const before = await script(session, 'sysprep.ps1', {}, true);
    assert.match(told(before.result?.after), /"rearms":5/);
    await run(session);
    assert.equal((await guestinfo(lab, vm, 'sysprep'))?.state, 'succeeded');
    await until(lab, vm, 'runtime.powerState', (value) => value === 'poweredOff');
    await govc(lab.env, 'vm.power', '-on', vm);
    const address = await until(lab, vm, 'guest.ipAddress', (value) => value !== '');
    // Another machine by its host key, at the same address.
    const trusting = session.options.map((option) =>
      option.replace('Checking=yes', 'Checking=accept-new').replace(/(UserKnownHostsFile=.*)/, '$1-new'),
    );
    const clone = { ...session, address, options: trusting };
    await upload(clone, { 'sysprep.ps1': '# sysprep\r\n' });
    assert.match(told((await script(clone, 'sysprep.ps1', {}, true)).result?.after), /"rearms":4/);
  });
});
