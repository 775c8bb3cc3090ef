import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { IngotError } from '../../common/failure.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import { openDatastoreSource } from '../../vsphere/datastore-source.ts';
import type { DatastoreLocation, Vsphere } from '../../vsphere/index.ts';
import { connect, makeDirectory, openDatacenter } from '../../vsphere/index.ts';
import { openSample, sample } from '../iso/tools.ts';
import type { FaultProxy } from './proxy.ts';
import { once, startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

const content = randomBytes(1_000_000);
let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let ds: DatastoreLocation;
before(async () => {
  sim = await startVcsim();
  proxy = await startProxy(sim.server);
  vc = await connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });
  ds = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
  await makeDirectory(vc, ds, 'iso files');
  const folder = await mkdtemp(join(tmpdir(), 'ingot-source-'));
  await writeFile(join(folder, 'random'), content);
  // Written by a foreign client; read by ours, in ranges that Go's file server answers.
  await sim.govc('datastore.upload', '-ds', 'LocalDS_0', join(folder, 'random'), 'iso files/a&b+c%.iso');
  await sim.govc('datastore.upload', '-ds', 'LocalDS_0', sample('windows-server-20h2'), 'windows.iso');
  await rm(folder, { recursive: true });
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
});

const open = (path = 'iso files/a&b+c%.iso', signal?: AbortSignal) =>
  openDatastoreSource(vc, ds, path, { backOffMs: [0, 0], signal });

const gets = () => proxy.count('GET folder');

async function failureOf(promise: Promise<unknown>): Promise<IngotError> {
  return promise.then(
    () => assert.fail('expected an error'),
    (error: unknown) => (error instanceof IngotError ? error : assert.fail(String(error))),
  );
}

test('ranges of a file that govc uploaded are exact', async () => {
  await using source = await open();
  assert.deepEqual([source.name, source.size], ['[LocalDS_0] iso files/a&b+c%.iso', content.length]);
  for (const [offset, length] of [
    [0, 1],
    [12_345, 500_000],
    [999_990, 10],
    [1_000_000, 0],
  ] as const) {
    assert.ok(content.subarray(offset, offset + length).equals(await source.read(offset, length)), `${offset}`);
  }
  const before = gets();
  assert.equal((await failureOf(source.read(999_999, 2))).code, 'datastore.range');
  assert.equal(gets(), before);
});

test('size and date are those that govc tells', async () => {
  await using source = await open('windows.iso');
  const listing = await sim.govc('datastore.ls', '-l', '-json', '-ds', 'LocalDS_0', 'windows.iso');
  assert.equal(source.size, Number(/"fileSize":\s*(\d+)/.exec(listing)?.[1]));
  const modified = /"modification":\s*"([^"]+)"/.exec(listing)?.[1] ?? '';
  assert.equal(Date.parse(source.modified ?? ''), Date.parse(modified));
});

test('a Windows ISO on a datastore is told as the local file', async () => {
  await using local = await openSample('windows-server-20h2');
  await using source = await open('windows.iso');
  assert.deepEqual(await inspectMedia(source), await inspectMedia(local));
});

test('a name that is a pattern too stands for itself', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-source-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'x'), 'x');
  for (const name of ['2022 [eval] ü.iso', '2022 e ü.iso', 'a[b.iso']) {
    await sim.govc('datastore.upload', '-ds', 'LocalDS_0', join(folder, 'x'), name);
    await using source = await open(name);
    assert.deepEqual([source.name, (await source.read(0, 1)).toString()], [`[LocalDS_0] ${name}`, 'x']);
  }
});

test('a file that is not there is told before anything is read', async () => {
  for (const path of ['none.iso', 'nowhere/x.iso', 'iso files', 'iso files/*.iso']) {
    assert.equal((await failureOf(open(path))).code, 'datastore.missing', path);
  }
});

test('a session that has expired is renewed once, and not again', async () => {
  await using source = await open();
  const logins = proxy.count('Login');
  proxy.rule = once('GET folder', { answer: { status: 401, body: '' } });
  assert.deepEqual(await source.read(10, 10), content.subarray(10, 20));
  assert.equal(proxy.count('Login'), logins + 1);
  assert.equal(proxy.log.at(-1)?.cookie, vc.session.soap.cookie);
  proxy.rule = ({ method }) => (method === 'GET folder' ? { answer: { status: 401, body: '' } } : undefined);
  const denied = await failureOf(source.read(10, 10));
  assert.equal(denied.code, 'datastore.denied');
  assert.match(denied.remedy ?? '', /Datastore\.Browse and Datastore\.FileManagement/);
  assert.equal(proxy.count('Login'), logins + 2);
});

for (const [status, code, tries] of [
  [200, 'datastore.no-ranges', 1],
  [403, 'datastore.denied', 1],
  [404, 'datastore.denied', 1],
  [416, 'datastore.changed', 1],
  [503, 'datastore.download', 3],
] as const) {
  test(`HTTP ${status} is ${code}`, async () => {
    await using source = await open();
    const before = gets();
    proxy.rule = ({ method }) => (method === 'GET folder' ? { answer: { status, body: 'x'.repeat(1000) } } : undefined);
    assert.equal((await failureOf(source.read(0, 10))).code, code);
    assert.equal(gets() - before, tries);
  });
}

test('what is not the range that was asked for is refused, a shorter one gone on with', async () => {
  await using source = await open();
  const answer = (range: string, body: string) => ({
    answer: { status: 206, body, headers: { 'content-range': `bytes ${range}/1000000` } },
  });
  proxy.rule = once('GET folder', answer('0-19', 'x'.repeat(20)));
  assert.equal((await failureOf(source.read(10, 10))).code, 'datastore.download');
  proxy.rule = once('GET folder', answer('10-13', 'yyyy'));
  const bytes = await source.read(10, 10);
  assert.deepEqual(bytes, Buffer.concat([Buffer.from('yyyy'), content.subarray(14, 20)]));
});

test('a connection that is cut is tried again; a file that grew or is answered from another place is refused', async () => {
  await using source = await open();
  proxy.rule = once('GET folder', { cut: 'after' });
  assert.deepEqual(await source.read(5, 5), content.subarray(5, 10));
  proxy.rule = ({ method }) => (method === 'GET folder' ? { cut: 'after' } : undefined);
  assert.equal((await failureOf(source.read(5, 5))).retryable, true);
  proxy.rule = () => undefined;
  const folder = await mkdtemp(join(tmpdir(), 'ingot-source-'));
  await writeFile(join(folder, 'more'), randomBytes(content.length + 1));
  await sim.govc('datastore.upload', '-ds', 'LocalDS_0', join(folder, 'more'), 'iso files/a&b+c%.iso');
  const error = await failureOf(source.read(5, 5));
  assert.equal(error.code, 'datastore.changed');
  assert.match(error.message, /expected 1000000, found 1000001/);
  await writeFile(join(folder, 'more'), content);
  await sim.govc('datastore.upload', '-ds', 'LocalDS_0', join(folder, 'more'), 'iso files/a&b+c%.iso');
  await rm(folder, { recursive: true });
});

test('a signal, and closing, end a read', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const hold = new Promise(() => undefined);
  await using source = await open(undefined, controller.signal);
  proxy.rule = ({ method }) => {
    if (method !== 'GET folder') return undefined;
    setImmediate(() => controller.abort(reason));
    return { hold };
  };
  await assert.rejects(source.read(0, 10), (thrown) => thrown === reason);
  const other = await open();
  proxy.rule = ({ method }) => {
    if (method !== 'GET folder') return undefined;
    setImmediate(() => other.close());
    return { hold };
  };
  assert.equal((await failureOf(other.read(0, 10))).code, 'datastore.closed');
});

test('what curl reads with the same range is what is read here', async () => {
  await using source = await open();
  const url = `https://${sim.server}/folder/iso%20files/a%26b%2Bc%25.iso?dcPath=DC0&dsName=LocalDS_0`;
  const { stdout } = await promisify(execFile)('curl', ['-skr', '1000-50999', url], { encoding: 'buffer' });
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  assert.equal(digest(await source.read(1000, 50_000)), digest(stdout));
});
