import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileSource } from '../../iso/filesystem.ts';
import { openMedia } from '../../iso/media.ts';
import { bufferSource } from '../../iso/source.ts';
import type { IsoEntry } from '../../iso/writer/tree.ts';
import { writeIso } from '../../iso/writer/write.ts';
import { collect, failure, filesBelow, run, temporaryFolder } from './tools.ts';

const OPTIONS = { volumeLabel: 'INGOT', date: new Date('2026-02-03T04:05:06Z') };

const LONG = `${'n'.repeat(99)}.txt`;
const FILES: readonly { path: string; data: Buffer }[] = [
  { path: 'Autounattend.xml', data: Buffer.from('<unattend/>') },
  { path: 'bootstrap.ps1', data: Buffer.from('Write-Output 1\r\n') },
  { path: 'empty.txt', data: Buffer.alloc(0) },
  { path: 'Ünïcode – 名前.txt', data: Buffer.from('ü') },
  { path: LONG, data: Buffer.alloc(2048, 1) },
  { path: 'drivers/pvscsi/amd64/a/b/c/d/e/f/pvscsi.inf', data: Buffer.alloc(2049, 2) },
  { path: '.hidden', data: Buffer.from('h') },
  { path: 'no extension', data: Buffer.from('n') },
  // More than one sector of records, and names that are one in 8.3.
  ...Array.from({ length: 150 }, (_, i) => ({
    path: `many/a file with a long name ${i}.dat`,
    data: Buffer.alloc(i * 31, i),
  })),
];

async function packed(t: Parameters<typeof temporaryFolder>[0], entries: readonly IsoEntry[] = FILES) {
  const folder = await temporaryFolder(t);
  const iso = await writeIso(entries, OPTIONS);
  const bytes = await collect(iso, `${folder}/disc.iso`);
  assert.equal(bytes.length, iso.size, 'the size is known before the first byte');
  return { folder, path: `${folder}/disc.iso`, bytes };
}

function assertSame(found: ReadonlyMap<string, Buffer>, expected = FILES): void {
  assert.deepEqual([...found.keys()].sort(), expected.map(({ path }) => path).sort());
  for (const { path, data } of expected) assert.deepEqual(found.get(path), data, path);
}

for (const [tool, args] of [
  ['bsdtar', (iso: string, to: string) => ['-xf', iso, '-C', to]],
  ['7z', (iso: string, to: string) => ['x', '-y', `-o${to}`, iso]],
  [
    'xorriso',
    (iso: string, to: string) => ['-osirrox', 'on', '-read_fs', 'norock', '-indev', iso, '-extract', '/', to],
  ],
] as const) {
  test(`${tool} extracts every file with its name and bytes`, async (t) => {
    const { folder, path } = await packed(t);
    await mkdir(`${folder}/out`);
    await run(tool, ...args(path, `${folder}/out`));
    assertSame(await filesBelow(`${folder}/out`));
  });
}

test('isoinfo lists the Joliet tree, the label and 8.3 names in the plain one', async (t) => {
  const { path } = await packed(t);
  const joliet = (await run('isoinfo', '-J', '-f', '-i', path)).trim().split('\n');
  // isoinfo knows no character set that holds all of Unicode.
  const ascii = FILES.filter((file) => /^[ -~]*$/.test(file.path));
  assert.equal(ascii.length, FILES.length - 1);
  for (const file of ascii) assert.ok(joliet.includes(`/${file.path}`), file.path);
  const facts = await run('isoinfo', '-d', '-i', path);
  assert.match(facts, /^Volume id: INGOT$/m);
  assert.match(facts, /^Joliet with UCS level 3 found$/m);
  const plain = (await run('isoinfo', '-f', '-i', path)).trim().split('\n');
  const names = plain.flatMap((line) => line.slice(1).split('/'));
  for (const name of names) assert.match(name, /^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{0,3};1)?$/);
  assert.equal(new Set(plain).size, plain.length, 'short names are unique');
  assert.equal(plain.filter((line) => line.startsWith('/MANY/')).length, 150);
});

test('what is written is read back by our own reader', async (t) => {
  const { bytes } = await packed(t);
  const media = await openMedia(bufferSource(bytes));
  assert.equal(media.fileSystem.volumeLabel, 'INGOT');
  for (const { path, data } of FILES) {
    const node = await media.fileSystem.lookup(path);
    assert.ok(node?.kind === 'file', path);
    assert.deepEqual(await fileSource(media.source, node).read(0, node.size), data);
  }
});

test('the same input gives the same bytes, in whatever order, from memory or from files, twice from one disc', async (t) => {
  const { folder, bytes } = await packed(t);
  await writeFile(`${folder}/source`, FILES[0]?.data ?? '');
  const [first, ...rest] = FILES;
  const iso = await writeIso([...rest.toReversed(), { path: first?.path ?? '', file: `${folder}/source` }], OPTIONS);
  assert.ok(bytes.equals(await collect(iso)));
  assert.ok(bytes.equals(await collect(iso)), 'a second upload of the same disc');
});

test('large files pass through without being held', async (t) => {
  const folder = await temporaryFolder(t);
  const size = 64 * 1024 * 1024 + 1;
  await writeFile(`${folder}/large`, 'begin');
  await truncate(`${folder}/large`, size);
  const iso = await writeIso([{ path: 'large.bin', file: `${folder}/large` }], OPTIONS);
  let total = 0;
  let largest = 0;
  for await (const chunk of iso) {
    total += chunk.length;
    largest = Math.max(largest, chunk.length);
  }
  assert.equal(total, iso.size);
  assert.ok(total > size && total < size + 200_000);
  assert.ok(largest <= 1024 * 1024, String(largest));
});

test('a file that changes under the writer is an error, not a damaged disc', async (t) => {
  const folder = await temporaryFolder(t);
  for (const change of [`${folder}/shorter`, `${folder}/longer`]) {
    await writeFile(change, Buffer.alloc(5000));
    const iso = await writeIso([{ path: 'x', file: change }], OPTIONS);
    await truncate(change, change.endsWith('shorter') ? 100 : 6000);
    await assert.rejects(collect(iso), failure('iso.file-changed'));
  }
});

test('what the disc cannot hold is refused', async () => {
  const one = (path: string) => writeIso([{ path, data: Buffer.alloc(1) }], OPTIONS);
  for (const path of [
    '',
    '/a',
    'a//b',
    'a/',
    '.',
    'a/../b',
    'a:b',
    'a*',
    'a?',
    'a\\b',
    'a;1',
    'a\nb',
    `${LONG}x`,
    '\ud800',
  ]) {
    await assert.rejects(one(path), failure('iso.path'), JSON.stringify(path));
  }
  const two = (a: string, b: string) =>
    writeIso(
      [a, b].map((path) => ({ path, data: Buffer.alloc(1) })),
      OPTIONS,
    );
  await assert.rejects(two('A.txt', 'a.TXT'), failure('iso.path'));
  await assert.rejects(two('a', 'a/b'), failure('iso.path'));
  await assert.rejects(two('a/b', 'A'), failure('iso.path'));
  for (const volumeLabel of ['', 'ingot', 'SEVENTEEN_LETTERS', 'A-B']) {
    await assert.rejects(writeIso([], { ...OPTIONS, volumeLabel }), failure('iso.label'));
  }
  await assert.rejects(writeIso([], { ...OPTIONS, date: new Date(Number.NaN) }), failure('iso.date'));
  await assert.rejects(writeIso([{ path: 'a', file: '/nonexistent/file' }], OPTIONS), failure('iso.file'));
});
