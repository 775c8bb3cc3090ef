import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { PASSWORD } from './support/answer.ts';
import { createVm, install } from './support/guest.ts';
import { temporaryFolder } from './support/media.ts';
import { collect, govc, PATH } from './support/tools.ts';

/** govmomi's own client of guest operations: the witness for what the proxy answers. */
describe('guest operations, asked by govc', () => {
  let lab: RunningLab;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let vm: string;
  const guest = (command: string, ...args: string[]) =>
    govc(lab.env, `guest.${command}`, '-vm', vm, '-l', `Administrator:${PASSWORD}`, ...args);

  before(async () => {
    process.env.PATH = PATH;
    [lab, folder] = await Promise.all([startLab(), temporaryFolder()]);
    vm = await createVm(lab, { folder: folder.path });
    await install(lab, vm);
  });
  after(async () => {
    await lab?.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  test('vCenter says when they are ready', async () => {
    assert.equal(await collect(lab.env, vm, 'guest.guestOperationsReady'), 'true');
  });

  test('folders and files: made, listed, moved, deleted', async () => {
    await guest('mkdir', '-p', 'C:\\a\\b');
    const local = join(folder.path, 'file');
    await writeFile(local, Buffer.from([0, 1, 2, 255]));
    await guest('upload', local, 'C:\\a\\b\\file');
    assert.match(await guest('ls', 'C:\\a\\b'), /\b4\b.*file$/m);
    await assert.rejects(guest('upload', local, 'C:\\a\\b\\file'), /already exists/);
    await guest('mv', 'C:\\a\\b\\file', 'C:\\a\\moved');
    const back = join(folder.path, 'back');
    await guest('download', 'C:\\a\\moved', back);
    assert.deepEqual(await readFile(back), await readFile(local));
    await guest('rmdir', '-r', 'C:\\a');
    await assert.rejects(guest('ls', 'C:\\a'), /was not found/);
    await assert.rejects(guest('download', 'C:\\a\\moved', join(folder.path, 'none')), /was not found/);
  });

  test('programs: started by cmd.exe, listed with their exit code', async () => {
    await guest('mkdir', '-p', 'C:\\t');
    const started = guest('start', 'C:\\Windows\\System32\\cmd.exe', '/d /s /c "echo one two> C:\\t\\out & exit 3"');
    const pid = (await started).trim();
    const listed = await guest('ps', '-json', '-X', '-p', pid);
    assert.match(listed, /"exitCode": 3\b/);
    assert.match(listed, /"name": "cmd\.exe"/);
    const back = join(folder.path, 'out');
    await guest('download', 'C:\\t\\out', back);
    assert.equal(await readFile(back, 'latin1'), 'one two\r\n');
    await assert.rejects(guest('start', 'C:\\Windows\\System32\\none.exe'), /was not found/);
  });

  for (const [what, line, code] of [
    ['%errorlevel% stands for what it was before the line', 'none & exit %errorlevel%', 0],
    ['!name! is nothing without /v:on', 'set c=7& exit !c!', 0],
    ['a block is not modelled, and refused', '(echo a) & exit 4', 1],
    ['what should be read is not there', 'echo a < C:\\none', 1],
    ['the folder of what should be written is not there', 'echo a > C:\\none\\x', 1],
    ['no such program', 'none', 9009],
  ] as const) {
    test(`cmd.exe: ${what}`, async () => {
      const pid = (await guest('start', 'C:\\Windows\\System32\\cmd.exe', `/d /s /c "${line}"`)).trim();
      const listed = await guest('ps', '-json', '-X', '-p', pid);
      // govc leaves zeroes out.
      assert.equal(Number(/"exitCode": (-?\d+)/.exec(listed)?.[1] ?? 0), code, listed);
      assert.match(listed, /"endTime"/);
    });
  }

  test('a wrong password, a token used twice, no Tools, no power', async () => {
    const wrong = (login: string) => govc(lab.env, 'guest.ls', '-vm', vm, '-l', login, 'C:\\');
    await assert.rejects(wrong('Administrator:wrong'), /Failed to authenticate/);
    await assert.rejects(wrong(`nobody:${PASSWORD}`), /Failed to authenticate/);
    const url = new URL('/guestFile?id=1&token=none', lab.env.GOVC_URL ?? '');
    const { default: https } = await import('node:https');
    const status = await new Promise((resolve, reject) => {
      https
        .get(url, { rejectUnauthorized: false }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject);
    });
    assert.equal(status, 404);
    await govc(lab.env, 'vm.power', '-off', '-force', vm);
    await assert.rejects(guest('ls', 'C:\\'), /powered off/);
    assert.equal(await collect(lab.env, vm, 'guest.guestOperationsReady'), 'false');
  });
});
