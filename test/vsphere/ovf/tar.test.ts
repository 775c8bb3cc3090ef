import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { openFileSource } from '../../../iso/source.ts';
import { BLOCK, padded, readTar, tarHeader } from '../../../vsphere/ovf/tar.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'ingot-test-tar-'));
after(() => rm(folder, { recursive: true, force: true }));

const modified = new Date('2026-01-02T03:04:05Z');
/** Below and above what eleven octal digits hold. */
const sizes = [0, 1, 512, 8 * 2 ** 30 - 1, 8 * 2 ** 30, 9 * 2 ** 40];

/** A sparse archive with one file of each size: nothing of the files is written. */
async function archiveOf(name: string, files: readonly number[]): Promise<string> {
  const path = join(folder, name);
  const handle = await open(path, 'w');
  let at = 0;
  for (const size of files) {
    await handle.write(tarHeader(`disk-${size}.vmdk`, size, modified), 0, BLOCK, at);
    at += BLOCK + padded(size);
  }
  await handle.truncate(at + 2 * BLOCK);
  await handle.close();
  return path;
}

test('sizes of 8 GiB and more are read by GNU tar and by Python as they were written', async () => {
  const small = sizes.filter((size) => size < 2 ** 40);
  const path = await archiveOf('sizes.tar', small);
  const listed = await run('tar', ['tvf', path, '--numeric-owner', '--utc']);
  const lines = listed.stdout.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(/\s+/)).map(([, , size, date, time, name]) => [size, date, time, name]),
    small.map((size) => [String(size), '2026-01-02', '03:04', `disk-${size}.vmdk`]),
  );
  const script = 'import tarfile,sys\nfor m in tarfile.open(sys.argv[1]): print(m.name, m.size, repr(m.linkname))';
  const python = await run('python3', ['-c', script, path]);
  assert.deepEqual(
    python.stdout.trim().split('\n'),
    small.map((size) => `disk-${size}.vmdk ${size} ''`),
  );
  // POSIX.1-1988: magic and version stand behind the name of the link, which a file has not.
  assert.equal(tarHeader('x', 1, modified).toString('latin1', 257, 265), 'ustar\x0000');
});

test('the reader gives back what the writer wrote', async () => {
  const path = await archiveOf('own.tar', [3, 8 * 2 ** 30, 700]);
  await using source = await openFileSource(path);
  assert.deepEqual(await readTar(source), [
    { name: 'disk-3.vmdk', offset: 512, size: 3 },
    { name: `disk-${8 * 2 ** 30}.vmdk`, offset: 1536, size: 8 * 2 ** 30 },
    { name: 'disk-700.vmdk', offset: 1536 + 8 * 2 ** 30 + 512, size: 700 },
  ]);
});

test('a size beyond what a file system here can hold keeps its digits', () => {
  const header = tarHeader('x', 9 * 2 ** 40, modified);
  assert.equal(header.readBigUInt64BE(128), BigInt(9 * 2 ** 40));
});

test('archives of GNU tar, and of Python in the pax format, with long names', async () => {
  const long = `${'n'.repeat(120)}.vmdk`;
  const from = join(folder, 'from');
  await mkdir(from);
  await writeFile(join(from, long), 'disk');
  await writeFile(join(from, 'a.ovf'), '<Envelope/>');
  for (const format of ['ustar', 'gnu', 'pax']) {
    const path = join(folder, `${format}.tar`);
    const files = format === 'ustar' ? ['a.ovf'] : ['a.ovf', long];
    await run('tar', ['-C', from, `--format=${format}`, '-cf', path, ...files]);
    await using source = await openFileSource(path);
    const entries = await readTar(source);
    assert.deepEqual(
      entries.map(({ name }) => name),
      files,
      format,
    );
    const last = entries.at(-1);
    const text = Buffer.from(await source.read(last?.offset ?? 0, last?.size ?? 0)).toString();
    assert.equal(text, format === 'ustar' ? '<Envelope/>' : 'disk');
  }
});

test('what is no archive, a damaged header and a cut archive are told', async () => {
  const path = await archiveOf('broken.tar', [1000]);
  const bytes = Buffer.alloc(BLOCK + 1024);
  tarHeader('disk.vmdk', 1000, modified).copy(bytes);
  const source = (content: Buffer) => ({
    name: path,
    size: content.length,
    read: async (offset: number, length: number) => content.subarray(offset, offset + length),
  });
  assert.equal((await readTar(source(bytes))).length, 1);
  const cut = bytes.subarray(0, BLOCK + 512);
  const damaged = Buffer.from(bytes);
  damaged[0] = 0x20;
  for (const content of [cut, damaged, Buffer.alloc(1024, 7), Buffer.alloc(0)])
    await assert.rejects(readTar(source(content)), { code: 'ovf.tar' });
});
