import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, test } from 'node:test';
import type { DatastoreLocation, UploadSource, Vsphere } from '../../vsphere/index.ts';
import {
  connect,
  datastorePath,
  deleteDatastoreFile,
  download,
  folderUrl,
  isFault,
  makeDirectory,
  makeTopDirectory,
  moveDatastoreFile,
  openDatacenter,
  parseDatastorePath,
  searchDatastore,
  upload,
  uploadText,
} from '../../vsphere/index.ts';
import type { Fault, FaultProxy } from './proxy.ts';
import { once, soapFault, startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
/** Straight to vcsim: for large files. */
let direct: Vsphere;
/** Through the proxy: for faults. */
let vc: Vsphere;
let ds: DatastoreLocation;
before(async () => {
  sim = await startVcsim('-folder', '1');
  proxy = await startProxy(sim.server);
  vc = await connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });
  direct = await connect({ server: sim.server, username: 'user', password: 'pass', tls: { insecure: true } });
  ds = (await openDatacenter(vc, 'F0/DC0')).datastore('LocalDS_0');
  await makeDirectory(vc, ds, 'ingot');
});
after(async () => {
  await Promise.all([vc.close(), direct.close()]);
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
});

const CHUNK = Buffer.alloc(1 << 20, 'ingot');

function chunks(count: number, before?: () => void): UploadSource {
  return {
    size: count * CHUNK.length,
    *open() {
      for (let i = 0; i < count; i++) {
        before?.();
        yield CHUNK;
      }
    },
  };
}

function put(fault: Fault): typeof proxy.rule {
  return ({ method }) => (method === 'PUT folder' ? fault : undefined);
}

test('a file is uploaded with its digest and progress, memory stays flat', async () => {
  const source = chunks(128);
  const seen: number[] = [];
  let highest = 0;
  const start = process.memoryUsage().arrayBuffers;
  const uploaded = await upload(direct, ds, 'ingot/big.iso', source, {
    onProgress: (bytes) => {
      seen.push(bytes);
      highest = Math.max(highest, process.memoryUsage().arrayBuffers - start);
    },
  });
  const hash = createHash('sha256');
  for (let i = 0; i < 128; i++) hash.update(CHUNK);
  assert.deepEqual(uploaded, { bytes: source.size, sha256: hash.digest('hex') });
  assert.equal(seen.at(-1), source.size);
  assert.ok(highest < source.size / 4, `${highest} bytes held`);
  const files = await searchDatastore(vc, ds, 'ingot', ['big.iso']);
  assert.deepEqual(
    files?.map(({ name, size, isFolder }) => [name, size, isFolder]),
    [['big.iso', source.size, false]],
  );
});

test('what is written is what govc reads, whatever the name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-ds-'));
  const name = 'ingot/a b&c+d#e%.txt';
  await uploadText(vc, ds, name, 'grüß dich');
  assert.match(await sim.govc('datastore.ls', '-ds', 'LocalDS_0', 'ingot'), /a b&c\+d#e%\.txt/);
  await sim.govc('datastore.download', '-ds', 'LocalDS_0', name, join(folder, 'file'));
  assert.equal(await readFile(join(folder, 'file'), 'utf8'), 'grüß dich');
  assert.equal(await text(await download(vc, ds, name)), 'grüß dich');
  await rm(folder, { recursive: true });
});

test('an upload is aborted', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const source = chunks(64, () => controller.abort(reason));
  await assert.rejects(
    upload(direct, ds, 'ingot/aborted.iso', source, { signal: controller.signal }),
    (e) => e === reason,
  );
});

test('a source that is not as long as it said is its own error', async () => {
  const short = { ...chunks(2), size: 3 * CHUNK.length };
  await assert.rejects(upload(direct, ds, 'ingot/short.iso', short), { code: 'datastore.source' });
  const broken: UploadSource = {
    size: 10,
    async *open() {
      yield await Promise.reject(new Error('disk error'));
    },
  };
  await assert.rejects(upload(direct, ds, 'ingot/broken.iso', broken), /disk error/);
});

test('a session that expired before an upload is renewed and the upload made again', async () => {
  proxy.rule = once('PUT folder', { answer: { status: 401, body: '' } });
  const logins = proxy.count('Login');
  const uploaded = await uploadText(vc, ds, 'ingot/again.txt', 'again');
  assert.equal(uploaded.bytes, 5);
  assert.equal(proxy.count('Login'), logins + 1);
  assert.equal(await text(await download(vc, ds, 'ingot/again.txt')), 'again');
});

test('a right that is missing is named, on datacenter and datastore', async () => {
  for (const status of [401, 403, 404]) {
    proxy.rule = put({ answer: { status, body: '' } });
    await assert.rejects(uploadText(vc, ds, 'ingot/x', 'x'), (error: { code?: string; remedy?: string }) => {
      assert.equal(error.code, 'datastore.denied');
      assert.match(error.remedy ?? '', /Datastore\.FileManagement.*\/F0\/DC0/);
      return true;
    });
  }
  await assert.rejects(download(vc, ds, 'ingot/no-such-file'), { code: 'datastore.denied' });
});

test('a full datastore is told: by 507, or by its free space', async () => {
  proxy.rule = put({ answer: { status: 507, body: '' } });
  await assert.rejects(uploadText(vc, ds, 'ingot/x', 'x'), { code: 'datastore.full' });
  proxy.rule = ({ method }) =>
    method === 'PUT folder'
      ? { answer: { status: 500, body: '' } }
      : method === 'RetrievePropertiesEx'
        ? { rewrite: (answer) => answer.replace(/(summary\.freeSpace<\/name><val[^>]*>)\d+/, '$13') }
        : undefined;
  await assert.rejects(uploadText(vc, ds, 'ingot/x', 'four'), { code: 'datastore.full' });
  await assert.rejects(uploadText(vc, ds, 'ingot/x', 'x'), { code: 'datastore.upload', retryable: true });
});

test('of two who make a folder one gets it', async () => {
  const both = await Promise.all([makeDirectory(vc, ds, 'ingot/lease'), makeDirectory(direct, ds, 'ingot/lease')]);
  assert.deepEqual(both.sort(), ['created', 'exists']);
  await assert.rejects(makeDirectory(vc, ds, 'no/parent'), (error) => isFault(error, 'FileFault', 'CannotCreateFile'));
  assert.equal(await makeDirectory(vc, ds, 'with/parent', { parents: true }), 'created');
});

test('files are moved and deleted; what is not there can be tolerated', async () => {
  await uploadText(vc, ds, 'ingot/from.txt', 'x');
  await moveDatastoreFile(
    vc,
    { location: ds, path: 'ingot/from.txt' },
    { location: ds, path: 'ingot/to.txt' },
    { force: true },
  );
  assert.deepEqual(
    (await searchDatastore(vc, ds, 'ingot', ['from.txt', 'to.txt']))?.map(({ name }) => name),
    ['to.txt'],
  );
  assert.equal(await deleteDatastoreFile(vc, ds, 'ingot/to.txt'), true);
  assert.equal(await deleteDatastoreFile(vc, ds, 'ingot/to.txt', { missing: 'ignore' }), false);
  await assert.rejects(deleteDatastoreFile(vc, ds, 'ingot/to.txt'), (error) => isFault(error, 'FileNotFound'));
  await assert.rejects(deleteDatastoreFile(vc, ds, ''), { code: 'datastore.path' });
  assert.equal(await searchDatastore(vc, ds, 'nowhere'), undefined);
});

test('a top folder on vSAN goes by its UUID', async () => {
  assert.equal(await makeTopDirectory(vc, ds, 'plain'), 'plain');
  const vsan = { ...ds, topLevelDirectories: false };
  proxy.rule = once('CreateDirectory', {
    answer: { status: 200, body: created('/vmfs/volumes/vsan:52a/1b2c-uuid') },
  });
  assert.equal(await makeTopDirectory(vc, vsan, 'media'), '1b2c-uuid');
  proxy.rule = once('CreateDirectory', { answer: soapFault('FileAlreadyExists', '<file>media</file>') });
  assert.equal(await makeTopDirectory(vc, vsan, 'media'), 'media');
});

function created(path: string): string {
  const inner = `<CreateDirectoryResponse xmlns="urn:vim25"><returnval>${path}</returnval></CreateDirectoryResponse>`;
  return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>${inner}</Body></Envelope>`;
}

test('datastore paths and URLs', () => {
  assert.deepEqual(parseDatastorePath('[ds 1] a/b.iso'), { datastore: 'ds 1', path: 'a/b.iso' });
  assert.deepEqual(parseDatastorePath('[ds]  //a/./b//c.iso'), { datastore: 'ds', path: 'a/b/c.iso' });
  assert.deepEqual(parseDatastorePath('[ds]'), { datastore: 'ds', path: '' });
  assert.deepEqual(parseDatastorePath('[] /vmimages/x.iso'), { datastore: '', path: '/vmimages/x.iso' });
  assert.throws(() => parseDatastorePath('ds/a'), { code: 'datastore.path' });
  assert.equal(datastorePath('ds', 'a/b'), '[ds] a/b');
  assert.equal(datastorePath('ds', ''), '[ds]');
  assert.equal(folderUrl('R&D/DC 1', 'ds&1', 'a b/c.iso'), '/folder/a%20b/c.iso?dcPath=R%2526D%2FDC%201&dsName=ds%261');
});
