import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { datastoreFiles } from '../../steps/vcenter/files.ts';
import type { DatastoreLocation, Vsphere } from '../../vsphere/index.ts';
import { connect, makeDirectory, openDatacenter } from '../../vsphere/index.ts';
import { root } from '../cli/ingot.ts';
import { type FaultProxy, soapFault, startProxy } from '../vsphere/proxy.ts';
import { startVcsim, type Vcsim } from '../vsphere/vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let ds: DatastoreLocation;
/** Of the datastore's media, on this machine. */
let disk: string;
const children = new Set<ChildProcess>();
before(async () => {
  sim = await startVcsim();
  proxy = await startProxy(sim.server);
  vc = await connect({ server: proxy.server, username: 'user', password: 'pass', tls: { insecure: true } });
  ds = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
  const { 'summary.url': url } = await vc.read(ds.ref, ['summary.url']);
  disk = join(url.replace(/^ds:\/\//, ''), 'media');
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await vc.close();
  await proxy.stop();
  sim.stop();
});
beforeEach(async () => {
  proxy.rule = () => undefined;
  await makeDirectory(vc, ds, 'media');
  for (const name of await readdir(disk)) await unlink(join(disk, name));
});

const bytes = randomBytes(3 * 2 ** 20 + 7);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const label = (digest: string) => `sha256-${digest.slice(0, 12)}-a.iso`;
const name = label(sha256);
const { signal } = new AbortController();
const files = () => datastoreFiles(vc, async () => ds);

function put(changes: { verify?(digest: string): void; signal?: AbortSignal; onProgress?(): void } = {}) {
  async function* content() {
    for (let at = 0; at < bytes.length; at += 2 ** 20) yield bytes.subarray(at, at + 2 ** 20);
  }
  return files().putDigested({
    folder: 'media',
    size: bytes.length,
    content,
    label,
    onProgress: () => undefined,
    signal,
    ...changes,
  });
}

const find = () => files().findMedia('media', name, { size: bytes.length, sha256 }, signal);
const there = async () => (await readdir(disk)).sort();
const both = [name, `${name}.sha256`];

test('what was uploaded is found by its content, and only by that', async () => {
  assert.equal(await find(), undefined);
  const seen: number[] = [];
  const done = await files().putDigested({
    folder: 'media',
    size: bytes.length,
    content: async function* () {
      yield bytes;
    },
    label,
    onProgress: (sent, total) => void seen.push(sent / total),
    signal,
  });
  assert.deepEqual(done, { path: `[LocalDS_0] media/${name}`, sha256, uploadedBytes: bytes.length });
  assert.equal(seen.at(-1), 1);
  assert.deepEqual(await there(), both);
  assert.equal(await readFile(join(disk, both[1] ?? ''), 'utf8'), `${sha256}  ${name}\n`);
  assert.equal(await find(), done.path);
  const other = { size: bytes.length, sha256: sha256.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) };
  assert.equal(await files().findMedia('media', name, other, signal), undefined);
  assert.equal(await files().findMedia('media', name, { size: bytes.length + 1, sha256 }, signal), undefined);
  assert.equal(await files().findMedia('nowhere', name, { size: bytes.length, sha256 }, signal), undefined);
  assert.deepEqual(await files().mediaOfSize('media', bytes.length, signal), [name]);
  assert.deepEqual(await files().mediaOfSize('media', bytes.length + 1, signal), []);
  assert.deepEqual(await files().mediaOfSize('nowhere', 1, signal), []);
});

for (const [what, damage] of [
  ['has no digest beside it', () => unlink(join(disk, `${name}.sha256`))],
  ['has the digest of another', () => writeFile(join(disk, `${name}.sha256`), `${'0'.repeat(64)}  ${name}\n`)],
  ['has a digest that broke off', () => writeFile(join(disk, `${name}.sha256`), sha256.slice(0, 30))],
  ['is shorter', () => writeFile(join(disk, name), 'short')],
] as const) {
  test(`a file that ${what} is not taken for it, and replaced`, async () => {
    await put();
    await damage();
    assert.equal(await find(), undefined);
    await put();
    assert.equal(await find(), `[LocalDS_0] media/${name}`);
    assert.deepEqual(await readFile(join(disk, name)), bytes);
    assert.deepEqual(await there(), both);
  });
}

test('a wrong file that a VM uses is not touched: the error says what to do', async () => {
  await writeFile(join(disk, name), 'other');
  // vcsim locks no files: the call fails as one on a file in use does.
  const locked = { answer: soapFault('FileLocked', `<file>${name}</file>`) };
  proxy.rule = ({ method, body }) =>
    method === 'DeleteDatastoreFile_Task' && body.includes(`${name}</name>`) ? locked : undefined;
  await assert.rejects(put(), { code: 'datastore.in-use', remedy: /detach \[LocalDS_0\] media\/sha256-/ });
  assert.equal(await readFile(join(disk, name), 'utf8'), 'other');
  assert.deepEqual(await there(), [name]);
});

test('what is not what it should be never gets its name, and does not stay', async () => {
  const reason = new Error('another digest');
  const verify = (digest: string) => {
    assert.equal(digest, sha256);
    throw reason;
  };
  await assert.rejects(put({ verify }), (error) => error === reason);
  assert.deepEqual(await there(), []);
});

test('an abort removes what came', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  await assert.rejects(
    put({ signal: controller.signal, onProgress: () => controller.abort(reason) }),
    (error) => error === reason,
  );
  assert.deepEqual(await there(), []);
});

test('two connections upload the same at once: both end with the same file', async () => {
  const second = await connect({ server: sim.server, username: 'user', password: 'pass', tls: { insecure: true } });
  const others = datastoreFiles(second, async () => ds);
  const options = { folder: 'media', size: bytes.length, label, onProgress: () => undefined, signal };
  const content = async function* () {
    yield bytes;
  };
  const ends = await Promise.all([put(), others.putDigested({ ...options, content }), put()]);
  await second.close();
  assert.deepEqual(new Set(ends.map(({ path }) => path)), new Set([`[LocalDS_0] media/${name}`]));
  assert.deepEqual(await readFile(join(disk, name)), bytes);
  assert.deepEqual(await there(), both);
});

test('another build gives its file the name at the last moment: that one stays', async () => {
  let moved = false;
  proxy.rule = ({ method, body }) => {
    if (method !== 'MoveDatastoreFile_Task' || !body.includes(`${name}</destinationName>`) || moved) return undefined;
    moved = true;
    return { hold: writeFile(join(disk, name), bytes) };
  };
  const { path } = await put();
  assert.ok(moved);
  assert.equal(path, `[LocalDS_0] media/${name}`);
  assert.deepEqual(await there(), both);
});

/** Uploads for ever, in a process of its own: resolves when some of it is there. */
async function uploadElsewhere(): Promise<{ readonly child: ChildProcess; readonly ended: Promise<unknown> }> {
  const module = (path: string) => JSON.stringify(pathToFileURL(join(root, path)).href);
  const script = `
    const { connect, openDatacenter } = await import(${module('vsphere/index.ts')});
    const { datastoreFiles } = await import(${module('steps/vcenter/files.ts')});
    const vc = await connect({ server: ${JSON.stringify(sim.server)}, username: 'user', password: 'pass', tls: { insecure: true } });
    const ds = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
    const { setTimeout: delay } = await import('node:timers/promises');
    async function* content() { for (;;) { yield Buffer.alloc(1 << 20); console.log('sent'); await delay(50); } }
    await datastoreFiles(vc, async () => ds).putDigested({ folder: 'media', size: 2 ** 32, content,
      label: (digest) => 'sha256-' + digest.slice(0, 12) + '-a.iso', onProgress() {}, signal: new AbortController().signal });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return { child, ended };
}

test('a build that is killed in the middle leaves nothing that could be taken for the file, and is swept later', async () => {
  const { child, ended } = await uploadElsewhere();
  child.kill('SIGKILL');
  await ended;
  const left = await there();
  assert.equal(left.length, 1, left.join());
  const [partial = ''] = left;
  assert.match(partial, /^upload-[0-9a-f]+\.partial$/);
  assert.deepEqual(await files().mediaOfSize('media', (await stat(join(disk, partial))).size, signal), []);
  await put();
  assert.deepEqual(await there(), [...both, partial], 'it may be of a build that runs');
  const old = Date.now() / 1000 - 3 * 86_400;
  await writeFile(join(disk, 'sha256-000000000000-b.iso.sha256'), 'of a file that never came');
  for (const file of await there()) await utimes(join(disk, file), old, old);
  await put();
  assert.deepEqual(await there(), both);
});
