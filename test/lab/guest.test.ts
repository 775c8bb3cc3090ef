import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { createVm, guestinfo, install, type Session, script, sftp, ssh, sshOptions, upload } from './support/guest.ts';
import { temporaryFolder } from './support/media.ts';
import { collect, PATH } from './support/tools.ts';

const NAMES = [
  'state',
  'restart',
  'vmware-tools',
  'openssh',
  'tools-conf',
  'windows-updates',
  'windows-feature',
  'docker',
  'firewall',
  'cleanup',
  'sysprep',
  'sysprep-task',
];

describe('a guest installed from foreign discs', () => {
  let lab: RunningLab;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let session: Session;
  let vm: string;

  before(async () => {
    process.env.PATH = PATH;
    [lab, folder] = await Promise.all([startLab(), temporaryFolder()]);
    vm = await createVm(lab, { folder: folder.path });
    const address = await install(lab, vm);
    session = { lab, address, folder: folder.path, options: await sshOptions(lab, vm, address, folder.path) };
  });
  after(async () => {
    await lab?.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  test('publishes what the contract says', async () => {
    const report = await guestinfo(lab, vm, 'bootstrap');
    assert.equal(report?.state, 'ready');
    assert.equal(report?.build, 'build-1');
    assert.equal(report?.computerName, 'WIN-MASTER');
    assert.deepEqual(report?.tools, { version: '12.3.5.22544099', status: 'Running', startType: 'Automatic' });
    assert.deepEqual(report?.os, {
      build: '19042.508',
      edition: 'ServerStandardACor',
      installationType: 'Server Core',
    });
    assert.equal(await collect(lab.env, vm, 'guest.toolsRunningStatus'), 'guestToolsRunning');
    assert.equal(await collect(lab.env, vm, 'guest.hostName'), 'WIN-MASTER');
  });

  test('answers a command it does not know as cmd does', async () => {
    const { code, err } = await ssh(session, 'uname -a');
    assert.equal(code, 1);
    assert.match(err, /'uname' is not recognized as an internal or external command/);
  });

  test('runs scripts of the contract once they are uploaded, and not before', async () => {
    const missing = await script(session, 'state.ps1', {});
    assert.equal(missing.result, undefined);
    assert.match(missing.out, /to the -File parameter does not exist/);
    await upload(session, Object.fromEntries(NAMES.map((name) => [`${name}.ps1`, `# ${name}\r\n`])));
    const { code, result } = await script(session, 'state.ps1', {});
    assert.equal(code, 0);
    assert.equal(result?.computerName, 'WIN-MASTER');
  });

  test('keeps files, without regard to case', async () => {
    await sftp(
      session,
      `put ${lab.env.INGOT_VAR_public_key} /C:/ProgramData/Key.PUB\nrename /C:/ProgramData/Key.PUB /C:/ProgramData/key2.pub`,
    );
    assert.match(await sftp(session, 'ls /C:/programdata/KEY2.pub'), /KEY2\.pub|key2\.pub/i);
  });
});
