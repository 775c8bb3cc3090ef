import assert from 'node:assert/strict';
import { existsSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { failsWith, login, patience } from './helpers.ts';
import { startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';
import { moveFileEx, STATUS, setReadOnly, unlinkThenFail, windowsSftp } from './windows-sftp.ts';

const PATH = '/C:/ProgramData/tools.conf';
const OLD = Buffer.from('old');
const NEW = Buffer.from('new');
const signal = patience(100_000); // for all tests of this file

suite('a file that is replaced, real OpenSSH', () => {
  test('readers find the old content or the new one, and nothing else', async (t) => {
    await using sshd = await startSshd();
    const guest = await login(sshd);
    t.after(() => guest.close());
    const contents = [1, 2].map((value) => Buffer.alloc(200_000, value));
    const [first = OLD] = contents;
    await guest.writeFile(PATH, first, { signal });
    let over = false;
    const writing = (async () => {
      for (let round = 1; round <= 20; round++) await guest.writeFile(PATH, contents[round % 2] ?? OLD, { signal });
    })().finally(() => {
      over = true;
    });
    let looks = 0;
    while (!over) {
      const found = await readFile(`${sshd.root}${PATH}`);
      looks++;
      assert.ok(
        contents.some((content) => content.equals(found)),
        `${found.length} bytes that begin with ${found[0]}`,
      );
    }
    await writing;
    assert.ok(looks > 5, `${looks} looks`);
  });

  test('a connection cut in the middle leaves the old file', async (t) => {
    await using sshd = await startSshd();
    await using proxy = await startProxy(sshd.port);
    const guest = await login(sshd, { port: proxy.port });
    t.after(() => guest.close());
    const folder = await mkdtemp(join(tmpdir(), 'ingot-replace-'));
    t.after(() => rm(folder, { recursive: true }));
    const local = join(folder, 'big.bin');
    await writeFile(local, Buffer.alloc(3_000_000, 7));
    await guest.writeFile(PATH, OLD, { signal });
    await failsWith('guest.connection-lost', guest.upload(local, PATH, { signal, onProgress: () => proxy.cut() }));
    assert.deepEqual(await guest.readFile(PATH, { signal }), OLD);
  });

  test('without posix-rename, what cannot take its place leaves the old file', async (t) => {
    await using sshd = await startSshd({ sftpArguments: '-P posix-rename' });
    const guest = await login(sshd);
    t.after(() => guest.close());
    await guest.writeFile(PATH, OLD, { signal });
    await guest.writeFile(PATH, NEW, { signal });
    const folder = `${sshd.root}/C:/ProgramData`;
    assert.deepEqual(await readFile(`${folder}/tools.conf`), NEW);
    assert.deepEqual(await readdir(folder), ['tools.conf']);
    await failsWith('guest.file', guest.writeFile('/C:/ProgramData', OLD, { signal }));
    assert.deepEqual(await readFile(`${folder}/tools.conf`), NEW);
    assert.deepEqual(await readdir(`${sshd.root}/C:`), ['ProgramData']);
  });
});

suite('a file that is replaced, as OpenSSH for Windows does it', () => {
  for (const [version, renames] of [
    ['8.6', moveFileEx],
    ['7.7', { posix: unlinkThenRename }],
  ] as const) {
    test(`${version}: a read-only file is replaced and stays read-only`, async () => {
      await using windows = await windowsSftp(renames);
      const { guest, root } = windows;
      await guest.writeFile(PATH, OLD, { signal });
      setReadOnly(root + PATH);
      await guest.writeFile(PATH, NEW, { signal });
      assert.deepEqual(await readFile(root + PATH), NEW);
      assert.equal((await stat(root + PATH)).mode & 0o777, 0o444);
      assert.deepEqual(await readdir(`${root}/C:/ProgramData`), ['tools.conf']);
    });
  }

  test('a read-only file that cannot be replaced even so stays as it was', async () => {
    await using windows = await windowsSftp({ posix: () => STATUS.denied });
    const { guest, root } = windows;
    await mkdir(`${root}/C:/ProgramData`, { recursive: true });
    await writeFile(root + PATH, OLD);
    setReadOnly(root + PATH);
    const failure = await failsWith('guest.file', guest.writeFile(PATH, NEW, { signal }));
    assert.match(failure.remedy ?? '', /access list/);
    assert.deepEqual(await readFile(root + PATH), OLD);
    assert.equal((await stat(root + PATH)).mode & 0o777, 0o444);
    assert.deepEqual(await readdir(`${root}/C:/ProgramData`), ['tools.conf']);
  });

  test('7.7: removes the old file, then fails to rename: is asked once more', async () => {
    await using windows = await windowsSftp(unlinkThenFail);
    const { guest, root } = windows;
    await mkdir(`${root}/C:/ProgramData`, { recursive: true });
    await writeFile(root + PATH, OLD);
    await guest.writeFile(PATH, NEW, { signal });
    assert.deepEqual(await readFile(root + PATH), NEW);
    assert.deepEqual(await readdir(`${root}/C:/ProgramData`), ['tools.conf']);
  });

  test('7.7: fails for good: the new content is kept, and the failure says where', async () => {
    await using windows = await windowsSftp({ ...unlinkThenFail, plain: () => STATUS.failure });
    const { guest, root } = windows;
    await mkdir(`${root}/C:/ProgramData`, { recursive: true });
    await writeFile(root + PATH, OLD);
    const failure = await failsWith('guest.file', guest.writeFile(PATH, NEW, { signal }));
    const [left = '', ...more] = await readdir(`${root}/C:/ProgramData`);
    assert.deepEqual(more, []);
    assert.deepEqual(await readFile(`${root}/C:/ProgramData/${left}`), NEW);
    assert.ok(failure.message.includes(`/C:/ProgramData/${left}`), failure.message);
  });
});

/** 7.7 where nothing is in the way but the read-only attribute. */
function unlinkThenRename(from: string, to: string): number {
  if (existsSync(to)) {
    if ((statSync(to).mode & 0o200) === 0) return STATUS.failure;
    unlinkSync(to);
  }
  renameSync(from, to);
  return STATUS.ok;
}
