import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GuestError } from '../../guest/index.ts';
import { connectVmTools } from '../../guest/vmtools/index.ts';
import { fakeOperations } from './fake-operations.ts';
import { failsWith, patience } from './helpers.ts';

const signal = patience(100_000); // for all tests of this file
let folder: string;
let local: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-vmtools-'));
  local = join(folder, 'local');
  await mkdir(local);
  for (const name of ['a', 'b']) await writeFile(join(local, name), `new ${name}`);
});
after(() => rm(folder, { recursive: true }));

async function session() {
  const windows = fakeOperations();
  const guest = await connectVmTools({ operations: windows, signal, deadlineMs: 5000 });
  const paths = () => [...windows.files.keys()].filter((path) => path.startsWith('C:\\d\\')).sort();
  return { windows, guest, paths };
}

test('a file that arrives otherwise is guest.digest: what was there stays, and nothing is left beside it', async () => {
  const { windows, guest, paths } = await session();
  windows.files.set('C:\\d\\b', Buffer.from('old b'));
  windows.spoil = (path, bytes) => (path.startsWith('C:\\d\\b') ? Buffer.from('other') : bytes);
  const failure = await failsWith('guest.digest', guest.uploadFolder(local, '/C:/d', { signal }));
  assert.equal(failure.retryable, true);
  assert.deepEqual(paths(), ['C:\\d\\b']);
  assert.equal(String(windows.files.get('C:\\d\\b')), 'old b');
});

test('a file that comes down otherwise is guest.digest, and is not kept', async () => {
  const { windows, guest } = await session();
  windows.files.set('C:\\d\\log', Buffer.from('0123456789'));
  const { receive } = windows;
  windows.receive = (path, sink, options) => {
    if (path === 'C:\\d\\log') windows.files.set(path, Buffer.from('9876543210'));
    return receive(path, sink, options);
  };
  await failsWith('guest.digest', guest.download('/C:/d/log', join(folder, 'log'), { signal }));
  assert.deepEqual(await readdir(folder), ['local']);
});

test('what was left of other contents of any file of a folder is removed', async () => {
  const { windows, guest, paths } = await session();
  const left = (name: string) => `C:\\d\\${name}.${'0'.repeat(32)}.ingot`;
  for (const name of ['a', 'b', 'another']) windows.files.set(left(name), Buffer.from('older'));
  await guest.uploadFolder(local, '/C:/d', { signal });
  assert.deepEqual(paths(), ['C:\\d\\a', left('another'), 'C:\\d\\b'].sort());
});

test('VMware Tools that start anew at the very end of a script do not take its result away', async () => {
  const { windows, guest } = await session();
  windows.away = { path: /\\out$/, times: 2 };
  assert.equal((await guest.state({ signal })).computerName, 'WIN');
  assert.ok(windows.away.times <= 0);
});

test('a look whose answer is lost ends no script', async () => {
  const { windows, guest } = await session();
  await guest.state({ signal });
  windows.tells = false;
  const { processes } = windows;
  let looks = 0;
  windows.processes = async (pids, options) => {
    looks += 1;
    if (looks === 1) throw new GuestError('guest.connection-lost', 'no answer', { retryable: true });
    return processes(pids, options);
  };
  assert.equal((await guest.state({ signal })).computerName, 'WIN');
  assert.equal(looks, 2);
});
