import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import type { Guest } from '../../guest/index.ts';
import { failsWith, login } from './helpers.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { startProxy, type TcpProxy } from './tcp-proxy.ts';

const signal = AbortSignal.timeout(100_000); // for all tests of this file
const SIZE = 12_000_001;
let sshd: Sshd;
let proxy: TcpProxy;
let guest: Guest;
let folder: string;
let local: string;
before(async () => {
  [sshd, folder] = await Promise.all([startSshd(), mkdtemp(join(tmpdir(), 'ingot-transfer-'))]);
  proxy = await startProxy(sshd.port);
  guest = await login(sshd, { port: proxy.port });
  local = join(folder, 'big.bin');
  await writeFile(local, randomBytes(SIZE));
});
after(async () => {
  guest.close();
  await proxy[Symbol.asyncDispose]();
  await sshd[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Cuts the connection once, when this many bytes are done. */
function cutAt(bytes: number): (done: number) => void {
  let cut = false;
  return (done) => {
    if (done < bytes || cut) return;
    cut = true;
    proxy.cut();
  };
}

const sha256 = async (path: string) => (await execa('sha256sum', [path])).stdout.split(' ')[0];

test('an upload that is cut goes on where it was', async () => {
  await failsWith(
    'guest.connection-lost',
    guest.upload(local, '/C:/up/a.bin', { signal, onProgress: cutAt(9_000_000) }),
  );
  const left = await readdir(`${sshd.root}/C:/up`);
  assert.match(left.join(), /^a\.bin\.[0-9a-f]{32}\.ingot$/);
  const before = proxy.sent;
  const told: number[] = [];
  await guest.upload(local, '/C:/up/a.bin', { signal, onProgress: (done) => told.push(done) });
  assert.ok(proxy.sent - before < SIZE - 7_000_000, `${proxy.sent - before} bytes sent again`);
  assert.ok((told[0] ?? 0) >= 7_000_000, `began at ${told[0]}`);
  assert.equal(told.at(-1), SIZE);
  assert.equal(await sha256(`${sshd.root}/C:/up/a.bin`), await sha256(local));
  assert.deepEqual(await readdir(`${sshd.root}/C:/up`), ['a.bin']);
});

test('a file that lies there already, by its digest, is not sent', async () => {
  await guest.upload(local, '/C:/same/a.bin', { signal });
  const before = proxy.sent;
  await guest.upload(local, '/C:/same/a.bin', { signal });
  assert.ok(proxy.sent - before < 100_000, `${proxy.sent - before} bytes`);
});

for (const [what, damage, all] of [
  ['at its end', (bytes: Buffer) => bytes.fill(0, bytes.length - 70_000), true],
  ['at its beginning, which only the digest of the whole tells', (bytes: Buffer) => bytes.fill(0, 0, 9), true],
  ['by being too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(SIZE)]), true],
  ['not at all', (bytes: Buffer) => bytes, false],
] as const) {
  test(`what an earlier upload left is checked: damaged ${what}`, async () => {
    const name = (await sha256(local))?.slice(0, 32);
    const part = `${sshd.root}/C:/damaged/a.bin.${name}.ingot`;
    await mkdir(`${sshd.root}/C:/damaged`, { recursive: true });
    await writeFile(part, damage(Buffer.from((await readFile(local)).subarray(0, 10_000_000))));
    const before = proxy.sent;
    await guest.upload(local, '/C:/damaged/a.bin', { signal });
    assert.equal(await sha256(`${sshd.root}/C:/damaged/a.bin`), await sha256(local));
    assert.equal(proxy.sent - before > SIZE, all);
    await rm(`${sshd.root}/C:/damaged`, { recursive: true });
  });
}

test('what was left of another content is removed', async () => {
  const older = `${sshd.root}/C:/older/a.bin.${'0'.repeat(32)}.ingot`;
  await mkdir(`${sshd.root}/C:/older`, { recursive: true });
  await writeFile(older, 'older');
  await writeFile(`${sshd.root}/C:/older/b.bin.${'0'.repeat(32)}.ingot`, 'of another file');
  await guest.upload(local, '/C:/older/a.bin', { signal });
  assert.deepEqual(await readdir(`${sshd.root}/C:/older`), ['a.bin', `b.bin.${'0'.repeat(32)}.ingot`]);
});

test('a file that arrives otherwise is guest.digest, and what was there stays', async () => {
  await guest.writeFile('/C:/wrong/a.bin', Buffer.from('old'), { signal });
  await sshd.behave(
    'file-digest.ps1',
    "result(files=[{'path': path, 'size': 1, 'sha256': '0' * 64} for path in parameters['paths']])",
  );
  const failure = await failsWith('guest.digest', guest.upload(local, '/C:/wrong/a.bin', { signal }));
  assert.equal(failure.retryable, true);
  await failsWith('guest.digest', guest.download('/C:/wrong/a.bin', join(folder, 'wrong.bin'), { signal }));
  await rm(`${sshd.root}/behaviour/file-digest.ps1.py`);
  assert.deepEqual(await readdir(`${sshd.root}/C:/wrong`), ['a.bin']);
  assert.equal((await guest.readFile('/C:/wrong/a.bin', { signal }))?.toString(), 'old');
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('wrong')),
    [],
  );
});

test('a download that is cut goes on where it was', async () => {
  await mkdir(`${sshd.root}/C:/down`, { recursive: true });
  await writeFile(`${sshd.root}/C:/down/a.bin`, await readFile(local));
  const target = join(folder, 'down', 'a.bin');
  await failsWith(
    'guest.connection-lost',
    guest.download('/C:/down/a.bin', target, { signal, onProgress: cutAt(9_000_000) }),
  );
  const { size } = await stat(`${target}.part`);
  assert.ok(size >= 8_000_000 && size < SIZE, `${size}`);
  const before = proxy.received;
  const told: number[] = [];
  await guest.download('/C:/down/a.bin', target, { signal, onProgress: (done) => told.push(done) });
  assert.ok(proxy.received - before < SIZE - 7_000_000, `${proxy.received - before} bytes came again`);
  assert.equal(told[0], size);
  assert.equal(told.at(-1), SIZE);
  assert.equal(await sha256(target), await sha256(local));
  assert.deepEqual(await readdir(join(folder, 'down')), ['a.bin']);
  const again = proxy.received;
  await guest.download('/C:/down/a.bin', target, { signal });
  assert.ok(proxy.received - again < 100_000, 'what is there already does not come again');
});

test('what an earlier download left of another content is thrown away', async () => {
  await mkdir(`${sshd.root}/C:/down`, { recursive: true });
  await writeFile(`${sshd.root}/C:/down/b.bin`, await readFile(local));
  const target = join(folder, 'b.bin');
  await writeFile(`${target}.part`, randomBytes(1_000_000));
  await guest.download('/C:/down/b.bin', target, { signal });
  assert.equal(await sha256(target), await sha256(local));
  await truncate(target, 5);
  await writeFile(`${target}.part`, randomBytes(SIZE + 9));
  await guest.download('/C:/down/b.bin', target, { signal });
  assert.equal(await sha256(target), await sha256(local));
});

test('a download of what is not there is guest.file; onto a folder guest.local-file', async () => {
  await failsWith('guest.file', guest.download('/C:/none', join(folder, 'none'), { signal }));
  await guest.writeFile('/C:/one', Buffer.from('1'), { signal });
  await failsWith('guest.local-file', guest.download('/C:/one', folder, { signal }));
});

test('a log that grows comes as long as it was', async () => {
  await guest.writeFile('/C:/log.txt', Buffer.from('one\n'), { signal });
  await sshd.behave(
    'file-digest.ps1',
    "import hashlib; result(files=[{'path': parameters['paths'][0], 'size': 4, 'sha256': hashlib.sha256(b'one' + bytes([10])).hexdigest()}])",
  );
  await appendFile(`${sshd.root}/C:/log.txt`, 'two\n');
  await guest.download('/C:/log.txt', join(folder, 'log.txt'), { signal });
  await rm(`${sshd.root}/behaviour/file-digest.ps1.py`);
  assert.equal(await readFile(join(folder, 'log.txt'), 'utf8'), 'one\n');
});

test('up and down obey their signal, and the session goes on', async () => {
  await guest.upload(local, '/C:/stop/a.bin', { signal });
  for (const work of [
    (options: Parameters<Guest['upload']>[2]) => guest.upload(local, '/C:/stop/b.bin', options),
    (options: Parameters<Guest['upload']>[2]) => guest.download('/C:/stop/a.bin', join(folder, 'stop.bin'), options),
  ]) {
    const stop = new AbortController();
    const onProgress = (done: number) => {
      if (done > 1_000_000) stop.abort(new Error('stopped by the test'));
    };
    await assert.rejects(work({ signal: stop.signal, onProgress }), /stopped by the test/);
  }
  assert.equal(await guest.exists('/C:/stop/b.bin', { signal }), false);
  await guest.upload(local, '/C:/stop/b.bin', { signal });
  assert.equal(await sha256(`${sshd.root}/C:/stop/b.bin`), await sha256(local));
});

test('a folder goes up and comes down: files, folders, empty ones, links to files inside', async () => {
  const source = join(folder, 'source');
  await mkdir(join(source, 'deep', 'empty'), { recursive: true });
  await writeFile(join(source, 'a.txt'), 'a');
  await writeFile(join(source, 'deep', 'b ä.bin'), randomBytes(300_000));
  await writeFile(join(source, 'deep', 'none'), '');
  await symlink('../a.txt', join(source, 'deep', 'link.txt'));
  const told: number[] = [];
  await guest.uploadFolder(source, '/C:/tree', { signal, onProgress: (done, total) => told.push(done / total) });
  await execa('diff', ['-r', source, `${sshd.root}/C:/tree`]);
  assert.equal(told.at(-1), 1);
  const target = join(folder, 'target');
  await guest.downloadFolder('/C:/tree', target, { signal });
  await execa('diff', ['-r', source, target]);
  const before = proxy.sent;
  await guest.uploadFolder(source, '/C:/tree', { signal });
  assert.ok(proxy.sent - before < 100_000, 'nothing is sent again');
});

test('a folder with what Windows cannot have is refused before anything is sent, with every reason', async () => {
  const source = join(folder, 'bad');
  await mkdir(join(source, 'sub'), { recursive: true });
  const names = ['a:b', 'con', 'NUL.txt', 'end.', 'space ', 'sub/x|y', 'Twin', 'twin', 'q?', 'back\\slash', 'LPT1.log'];
  for (const name of names) await writeFile(join(source, name), '');
  await symlink('/etc/passwd', join(source, 'outside'));
  await symlink('nowhere', join(source, 'dangling'));
  await symlink('sub', join(source, 'folder-link'));
  await execa('mkfifo', [join(source, 'pipe')]);
  const before = proxy.sent;
  const failure = await failsWith('guest.local-file', guest.uploadFolder(source, '/C:/bad', { signal }));
  assert.equal(proxy.sent, before);
  const evidence = (failure.evidence ?? []).join('\n');
  for (const name of [...names, 'outside', 'dangling', 'folder-link', 'pipe']) {
    if (name !== 'Twin') assert.ok(evidence.includes(JSON.stringify(name)), `${name}\n${evidence}`);
  }
  await writeFile(join(folder, 'ok'), '');
  await failsWith('guest.local-file', guest.uploadFolder(join(folder, 'ok'), '/C:/bad', { signal }));
});

test('what this machine cannot do is guest.local-file, and nothing is left in the guest', async () => {
  await failsWith('guest.local-file', guest.upload(join(folder, 'absent'), '/C:/local/x', { signal }));
  await failsWith('guest.local-file', guest.upload(folder, '/C:/local/x', { signal }));
  // 220 characters are good: under way the file has 39 more.
  const path = (length: number) => `/C:/local/${'x'.repeat(length - 'C:\\local\\'.length)}`;
  await failsWith('guest.local-file', guest.upload(join(folder, 'big.bin'), path(221), { signal }));
  assert.equal(await guest.exists('/C:/local', { signal }), false);
  await writeFile(join(folder, 'small'), 'x');
  await guest.upload(join(folder, 'small'), path(220), { signal });
  await failsWith('guest.local-file', guest.download(path(220), join(folder, 'small', 'below'), { signal }));
});

test('what was left of other contents of any file of a folder is removed', async () => {
  const source = join(folder, 'several');
  await mkdir(source);
  await mkdir(`${sshd.root}/C:/several`);
  for (const name of ['a', 'b', 'c']) {
    await writeFile(join(source, name), name);
    await writeFile(`${sshd.root}/C:/several/${name}.${'0'.repeat(32)}.ingot`, 'older');
  }
  await guest.uploadFolder(source, '/C:/several', { signal });
  assert.deepEqual(await readdir(`${sshd.root}/C:/several`), ['a', 'b', 'c']);
});

test('links in the guest are refused when a folder comes down', async () => {
  await mkdir(`${sshd.root}/C:/links`, { recursive: true });
  await symlink('/etc', `${sshd.root}/C:/links/etc`);
  await failsWith('guest.file', guest.downloadFolder('/C:/links', join(folder, 'links'), { signal }));
});
