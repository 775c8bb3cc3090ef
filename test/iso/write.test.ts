import assert from 'node:assert/strict';
import { mkdir, readdir, readlink, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
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
  const changes: Record<string, (file: string) => Promise<void>> = {
    shorter: (file) => truncate(file, 100),
    longer: (file) => truncate(file, 6000),
    'no longer empty': (file) => writeFile(file, 'x'),
    'other bytes, as many': (file) => writeFile(file, Buffer.alloc(5000, 1)),
    'another file, as long and as old': async (file) => {
      const { atime, mtime } = await stat(file);
      await writeFile(`${file}.new`, Buffer.alloc(5000, 2));
      await utimes(`${file}.new`, atime, mtime);
      await rename(`${file}.new`, file);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const file = `${folder}/${what}`;
    await writeFile(file, Buffer.alloc(what === 'no longer empty' ? 0 : 5000));
    await utimes(file, 1, 1);
    const iso = await writeIso([{ path: 'x', file }], OPTIONS);
    await change(file);
    await assert.rejects(collect(iso), failure('iso.file-changed'), what);
  }
  await writeFile(`${folder}/gone`, 'x');
  const iso = await writeIso([{ path: 'x', file: `${folder}/gone` }], OPTIONS);
  await rm(`${folder}/gone`);
  await assert.rejects(collect(iso), failure('iso.file'));
});

test('whoever stops reading leaves no file open', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(`${folder}/large`, '');
  await truncate(`${folder}/large`, 8 * 1024 * 1024);
  for await (const chunk of await writeIso([{ path: 'x', file: `${folder}/large` }], OPTIONS)) {
    assert.ok(chunk.length > 0);
    break;
  }
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  assert.ok(!open.some((path) => path.startsWith(folder)), open.join());
});

const write = (...paths: readonly string[]) =>
  writeIso(
    paths.map((path) => ({ path, data: Buffer.alloc(1) })),
    OPTIONS,
  );

test('what the disc or Windows cannot hold is refused with the reason', async () => {
  const refused: Record<string, RegExp> = {
    '': /without \. and \.\./,
    '/a': /between slashes/,
    'a//b': /between slashes/,
    'a/': /between slashes/,
    '.': /without \. and \.\./,
    'a/../b': /without \. and \.\./,
    'a:b': /Joliet forbids the character ":"/,
    'a*': /Joliet forbids the character "\*"/,
    'a?': /Joliet forbids the character "\?"/,
    'a\\b': /Joliet forbids the character "\\\\"/,
    'a;1': /Joliet forbids the character ";"/,
    'a\nb': /Joliet forbids the character "\\n"/,
    'a\u0085b': /Joliet forbids the character/,
    [`folder/${'n'.repeat(104)}`]: /has 104 characters, at most 103 fit a Joliet disc/,
    '\ud800': /no valid Unicode/,
    'a😀': /no characters beyond U\+FFFF, as “😀” is one/,
    'a<b': /Windows opens no name with the character </,
    'a"b': /Windows opens no name with the character "/,
    'a|b': /Windows opens no name with the character \|/,
    'folder./a': /ends with a dot or a space/,
    'a ': /ends with a dot or a space/,
    'drivers/AUX.inf': /“AUX\.inf” is a device's name in Windows/,
    con: /device's name/,
    'com¹': /device's name/,
  };
  for (const [path, reason] of Object.entries(refused)) {
    await assert.rejects(write('fine', path), (error: unknown) => {
      assert.ok(failure('iso.path')(error), `${JSON.stringify(path)}: ${error}`);
      assert.match(String(error), reason);
      return true;
    });
  }
  await write('n'.repeat(103), 'n'.repeat(65), 'console', 'com0', '.a', 'a.b.c', '￿', "!#$%&'()+,-=@[]^_`{}~");
});

test('all paths that do not fit are told at once, twenty of them by name', async () => {
  const paths = Array.from({ length: 30 }, (_, index) => `a${index}?`);
  await assert.rejects(write(...paths, 'fine'), (error: unknown) => {
    assert.ok(error instanceof IngotError);
    assert.match(error.message, /found “a0\?”: .* \(and 29 more that do not fit\)$/);
    assert.equal(error.evidence?.length, 20);
    assert.equal(error.evidence[19], 'a19?: Joliet forbids the character "?"');
    return true;
  });
});

test('names that Windows cannot tell apart are refused, in files and folders', async () => {
  for (const [a, b] of [
    ['A.txt', 'a.TXT'],
    ['a', 'a'],
    ['a', 'a/b'],
    ['a/b', 'a'],
    ['a/b', 'A'],
    ['a/b', 'A/c'],
    ['ä', 'Ä'],
    ['ς', 'σ'],
  ] as const) {
    await assert.rejects(write(a, b), failure('iso.path'), `${a} ${b}`);
  }
  await write('a/b', 'a/c', 'b/a', 'ß', 'ss', 'é', 'e');
});

test('labels, dates, and files that are missing or too large are refused', async (t) => {
  for (const volumeLabel of ['', 'ingot', 'SEVENTEEN_LETTERS', 'A-B']) {
    await assert.rejects(writeIso([], { ...OPTIONS, volumeLabel }), failure('iso.label'));
  }
  for (const date of ['x', '1969-12-31T23:59:59Z', '2156-01-01'])
    await assert.rejects(writeIso([], { ...OPTIONS, date: new Date(date) }), failure('iso.date'));
  await assert.rejects(writeIso([{ path: 'a', file: '/nonexistent/file' }], OPTIONS), failure('iso.file'));
  const folder = await temporaryFolder(t);
  await assert.rejects(writeIso([{ path: 'a', file: folder }], OPTIONS), failure('iso.file'));
  await writeFile(`${folder}/large`, '');
  await truncate(`${folder}/large`, 2 ** 32 - 2047);
  await assert.rejects(writeIso([{ path: 'a', file: `${folder}/large` }], OPTIONS), failure('iso.file'));
});
