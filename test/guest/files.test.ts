import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import type { Guest } from '../../guest/index.ts';
import { failsWith, login, patience } from './helpers.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

const signal = patience(100_000); // for all tests of this file
let sshd: Sshd;
let guest: Guest;
before(async () => {
  sshd = await startSshd();
  guest = await login(sshd);
});
after(async () => {
  guest.close();
  await sshd[Symbol.asyncDispose]();
});

test('a file that does not exist is undefined, and removing it is no failure', async () => {
  assert.equal(await guest.readFile('/C:/none/file', { signal }), undefined);
  assert.equal(await guest.exists('/C:/none/file', { signal }), false);
  await guest.remove('/C:/none/file', { signal });
});

for (const size of [0, 1, 32_768, 100_001]) {
  test(`${size} bytes come back as they were written, in place of what was there`, async () => {
    const path = `/C:/ProgramData/VMware/VMware Tools/file-${size}.conf`;
    const bytes = randomBytes(size);
    await guest.writeFile(path, Buffer.from('something older'), { signal });
    await guest.writeFile(path, bytes, { signal });
    assert.deepEqual(await guest.readFile(path, { signal }), bytes);
    assert.deepEqual(await readFile(`${sshd.root}${path}`), bytes);
    await guest.remove(path, { signal });
    assert.equal(await guest.exists(path, { signal }), false);
  });
}

test('an upload is whole, tells its progress and leaves no temporary file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-upload-'));
  const local = join(folder, 'big.bin');
  const bytes = randomBytes(5_000_003);
  await writeFile(local, bytes);
  const told: number[] = [];
  await guest.upload(local, '/C:/deep/er/big.bin', { signal, onProgress: (done) => told.push(done) });
  const { stdout } = await execa('sha256sum', [`${sshd.root}/C:/deep/er/big.bin`]);
  assert.equal(stdout.split(' ')[0], createHash('sha256').update(bytes).digest('hex'));
  assert.deepEqual(await readdir(`${sshd.root}/C:/deep/er`), ['big.bin']);
  assert.deepEqual(
    told,
    [...told].sort((a, b) => a - b),
  );
  assert.equal(told.at(-1), bytes.length);
  await rm(folder, { recursive: true });
});

test('a target that cannot be replaced is guest.file, and nothing is left beside it', async () => {
  await mkdir(`${sshd.root}/C:/taken/file/inside`, { recursive: true });
  const failure = await failsWith('guest.file', guest.writeFile('/C:/taken/file', Buffer.from('x'), { signal }));
  assert.match(failure.message, /write .*\/C:\/taken\/file in the guest/);
  assert.deepEqual(await readdir(`${sshd.root}/C:/taken`), ['file']);
});

test('a connection cut during an upload is guest.connection-lost, and the next one works', async () => {
  await using proxy = await startProxy(sshd.port);
  const session = await login(sshd, { port: proxy.port });
  const folder = await mkdtemp(join(tmpdir(), 'ingot-upload-'));
  const local = join(folder, 'big.bin');
  await writeFile(local, randomBytes(3_000_000));
  const cut = session.upload(local, '/C:/cut.bin', { signal, onProgress: () => proxy.cut() });
  assert.equal((await failsWith('guest.connection-lost', cut)).retryable, true);
  assert.equal(await session.exists('/C:/cut.bin', { signal }), false);
  await session.upload(local, '/C:/cut.bin', { signal });
  assert.deepEqual(await readFile(`${sshd.root}/C:/cut.bin`), await readFile(local));
  await rm(folder, { recursive: true });
  session.close();
});

test('an upload obeys its signal', async () => {
  const stop = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'ingot-upload-'));
  const local = join(folder, 'big.bin');
  await writeFile(local, randomBytes(3_000_000));
  const onProgress = () => stop.abort(new Error('stopped by the test'));
  await assert.rejects(
    guest.upload(local, '/C:/stopped.bin', { signal: stop.signal, onProgress }),
    /stopped by the test/,
  );
  assert.equal(await guest.exists('/C:/stopped.bin', { signal }), false);
  await rm(folder, { recursive: true });
});

test('a server without posix-rename gets remove and rename', async () => {
  const login2 = await makeKey('ed25519');
  await using plain = await startSshd({ login: login2, sftpArguments: '-P posix-rename' });
  const session = await login(plain);
  await session.writeFile('/C:/a/file', Buffer.from('old'), { signal });
  await session.writeFile('/C:/a/file', Buffer.from('new'), { signal });
  assert.equal((await session.readFile('/C:/a/file', { signal }))?.toString(), 'new');
  session.close();
});
