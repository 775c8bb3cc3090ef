import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openMedia } from '../../iso/media.ts';
import { bufferSource, openFileSource } from '../../iso/source.ts';
import { failure, filesBelow, filesOf, run, temporaryFolder, walk } from './tools.ts';

/** Needs two name fields and a continuation area: a record has 255 bytes at most. */
const LONG = `${'long-'.repeat(45)}name.txt`;
const DEEP = Array.from({ length: 12 }, (_, index) => `level-${index + 1}`).join('/');

/** Long names, UTF-8, nine levels and more, and a folder of many sectors. */
async function makeTree(folder: string): Promise<void> {
  await mkdir(`${folder}/${DEEP}`, { recursive: true });
  await mkdir(`${folder}/many`);
  await writeFile(`${folder}/${DEEP}/at the bottom.txt`, 'deep');
  await writeFile(`${folder}/${LONG}`, 'long');
  await writeFile(`${folder}/Größe – 名前.txt`, 'wide');
  await writeFile(`${folder}/MiXed.Case.and.dots`, '');
  for (let index = 0; index < 60; index += 1) await writeFile(`${folder}/many/${index}-${LONG.slice(20)}`, `${index}`);
}

async function make(tool: 'genisoimage' | 'xorriso', iso: string, ...options: readonly string[]): Promise<void> {
  if (tool === 'xorriso')
    await run('xorriso', '-as', 'mkisofs', '-quiet', ...options.slice(1), '-o', iso, options[0] ?? '');
  else await run('genisoimage', '-quiet', '-input-charset', 'utf-8', ...options.slice(1), '-o', iso, options[0] ?? '');
}

for (const tool of ['genisoimage', 'xorriso'] as const) {
  test(`Rock Ridge of ${tool}: long names, continuation areas, relocated folders`, async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(`${folder}/in`);
    await makeTree(`${folder}/in`);
    const iso = `${folder}/x.iso`;
    await make(tool, iso, `${folder}/in`, '-R');
    const expected = await filesBelow(`${folder}/in`);
    await using source = await openFileSource(iso);
    const found = await filesOf(source);
    assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
    for (const [path, bytes] of expected) assert.ok(found.get(path)?.equals(bytes), path);

    // The same tree, where other readers put it; only isoinfo lists folders where they were moved to.
    const { fileSystem } = await openMedia(source);
    const listed = (await walk(fileSystem))
      .map((path) => path.replace(/\/$/, ''))
      .filter((path) => path !== 'rr_moved');
    const told = (await run('bsdtar', '-tf', iso))
      .trim()
      .split('\n')
      .map((path) => path.replace(/^\.\/?|\/$/g, ''));
    assert.deepEqual(listed.sort(), told.filter((path) => path !== '' && path !== 'rr_moved').sort());
  });
}

test('a folder was really moved by genisoimage, and is listed only where it belongs', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/in`);
  await makeTree(`${folder}/in`);
  await make('genisoimage', `${folder}/x.iso`, `${folder}/in`, '-R');
  const { fileSystem } = await openMedia(bufferSource(await readFile(`${folder}/x.iso`)));
  assert.match(await run('isoinfo', '-l', '-R', '-i', `${folder}/x.iso`), /Directory listing of \/rr_moved\/level-8/);
  assert.deepEqual(await fileSystem.list('rr_moved'), []);
  assert.deepEqual(await fileSystem.list(DEEP), ['at the bottom.txt']);
});

test('Joliet wins over Rock Ridge, as with Windows; symbolic links do not stand in the way', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/in`);
  await writeFile(`${folder}/in/${LONG}`, '');
  await symlink('nowhere/'.repeat(40), `${folder}/in/link`);
  await make('xorriso', `${folder}/x.iso`, `${folder}/in`, '-R', '-J');
  const joliet = await openMedia(bufferSource(await readFile(`${folder}/x.iso`)));
  const [name] = (await joliet.fileSystem.list('')) ?? [];
  assert.ok(name !== undefined && name.length < LONG.length, name);
  await make('xorriso', `${folder}/x.iso`, `${folder}/in`, '-R');
  const posix = await openMedia(bufferSource(await readFile(`${folder}/x.iso`)));
  assert.deepEqual([...((await posix.fileSystem.list('')) ?? [])].sort(), ['link', LONG]);
});

test('system use fields are found behind bytes that belong to others', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/in`);
  await writeFile(`${folder}/in/Mixed Case.txt`, 'x');
  await make('genisoimage', `${folder}/x.iso`, `${folder}/in`, '-R');
  const image = await readFile(`${folder}/x.iso`);
  const at = image.indexOf(Buffer.from('MIXED_CA.TXT;1')) - 33;
  const length = image[at] ?? 0;
  const use = at + 33 + 14 + 1;
  // All fields now begin 4 bytes later, which the SP field of the root announces; the last, a time stamp, is gone.
  image.copyWithin(use + 4, use, at + length - 4);
  image.fill(0, image.indexOf('TF', use), at + length);
  image.write('\0\0\0\0', use, 'latin1');
  const sp = image.indexOf(Buffer.from([0x53, 0x50, 7, 1, 0xbe, 0xef, 0]));
  image.writeUInt8(4, sp + 6);
  const { fileSystem } = await openMedia(bufferSource(image));
  assert.deepEqual(await fileSystem.list(''), ['Mixed Case.txt']);
});

test('continuation areas in a circle, and folders in themselves, are told with their place', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/in`);
  await makeTree(`${folder}/in`);
  await make('genisoimage', `${folder}/x.iso`, `${folder}/in`, '-R');
  const original = await readFile(`${folder}/x.iso`);

  const circle = Buffer.from(original);
  const field = circle.indexOf(Buffer.from([0x43, 0x45, 28, 1]), circle.indexOf(Buffer.from('LONG_LON')));
  const [block, offset] = [circle.readUInt32LE(field + 4), circle.readUInt32LE(field + 12)];
  // The area's first field becomes another CE to the area itself.
  circle.copy(circle, block * 2048 + offset, field, field + 28);
  circle.writeUInt32LE(28, block * 2048 + offset + 20);
  circle.writeUInt32LE(28, field + 20);
  const looping = await openMedia(bufferSource(circle));
  await assert.rejects(looping.fileSystem.list(''), failure('iso.corrupt', /continuation area .* circle/));

  const cyclic = Buffer.from(original);
  const { fileSystem } = await openMedia(bufferSource(cyclic));
  assert.ok((await fileSystem.lookup('level-1/level-2'))?.kind === 'directory');
  const root = original.readUInt32LE(16 * 2048 + 156 + 2);
  const inner = cyclic.indexOf(Buffer.from('LEVEL_2'), (root + 1) * 2048) - 33;
  cyclic.writeUInt32LE(root, inner + 2);
  const selfish = await openMedia(bufferSource(cyclic));
  await assert.rejects(selfish.fileSystem.list('level-1/level-2/level-1'), failure('iso.corrupt', /contains itself/));
});
