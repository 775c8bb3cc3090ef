import assert from 'node:assert/strict';
import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { IsoEntry } from '../../iso/writer/tree.ts';
import { writeIso } from '../../iso/writer/write.ts';
import { collect, failure, run, temporaryFolder } from './tools.ts';

const OPTIONS = { volumeLabel: 'LIMITS', date: new Date('2026-02-03T04:05:06Z') };

async function lines(...command: readonly [string, ...string[]]): Promise<readonly string[]> {
  return (await run(...command)).split('\n').filter((line) => line !== '');
}

test('20,000 files whose short names would be one lie in one folder, all told apart', async (t) => {
  const folder = await temporaryFolder(t);
  const names = Array.from({ length: 20_000 }, (_, index) => `the same long beginning ${index}.dat`);
  const entries = names.map((name) => ({ path: `many/${name}`, data: Buffer.from(name) }));
  const started = performance.now();
  await collect(await writeIso(entries, OPTIONS), `${folder}/disc.iso`);
  const took = performance.now() - started;
  assert.ok(took < 5000, `expected some 500 ms, found ${took}`);
  const [joliet, plain, listed] = await Promise.all([
    lines('isoinfo', '-J', '-f', '-i', `${folder}/disc.iso`),
    lines('isoinfo', '-f', '-i', `${folder}/disc.iso`),
    lines('bsdtar', '-tf', `${folder}/disc.iso`),
  ]);
  const expected = ['/many', ...names.map((name) => `/many/${name}`)].sort();
  assert.deepEqual([...joliet].sort(), expected);
  assert.equal(new Set(plain).size, 20_001);
  for (const path of plain) assert.match(path, /^\/MANY(\/[A-Z0-9_]{8}\.DAT;1)?$/);
  assert.equal(listed.filter((path) => path.startsWith('many/the')).length, 20_000);
  assert.equal(
    await run('bsdtar', '-xOf', `${folder}/disc.iso`, 'many/the same long beginning 12345.dat'),
    names[12345],
  );
});

test('the path tables, over many sectors, name each folder with its parent', async (t) => {
  const folder = await temporaryFolder(t);
  const parents = Array.from({ length: 60 }, (_, index) => `parent${index}`);
  const paths = parents.flatMap((parent) => Array.from({ length: 20 }, (_, index) => `${parent}/child${index}`));
  const entries: readonly IsoEntry[] = paths.toReversed().map((path) => ({ path, folder: true }));
  await collect(await writeIso(entries, OPTIONS), `${folder}/disc.iso`);
  for (const flags of [[], ['-J']] as const) {
    const table = (await lines('isoinfo', ...flags, '-p', '-i', `${folder}/disc.iso`)).flatMap((line) => {
      const found = /^\s*(\d+):\s+(\d+)\s+[0-9a-f]+\s+(.*)$/.exec(line);
      return found === null ? [] : [{ parent: Number(found[2]), name: (found[3] ?? '').trim().toLowerCase() }];
    });
    const [, ...rest] = table;
    const found = rest.map(({ parent, name }) => (parent === 1 ? name : `${table[parent - 1]?.name}/${name}`));
    assert.deepEqual([...found].sort(), [...parents, ...paths].sort(), flags.join());
  }
});

test('more folders than a path table can number are refused', async () => {
  const folders = (count: number): readonly IsoEntry[] =>
    Array.from({ length: count }, (_, index) => ({ path: `f${index}`, folder: true }));
  await assert.rejects(writeIso(folders(65_535), OPTIONS), failure('iso.too-many-folders'));
  await writeIso(folders(65_534), OPTIONS);
});

test('folders may be empty, and deeper than ISO 9660 allows', async (t) => {
  const folder = await temporaryFolder(t);
  const deep = Array.from({ length: 30 }, (_, index) => `level ${index}`).join('/');
  const entries: readonly IsoEntry[] = [
    { path: 'empty folder', folder: true },
    { path: `${deep}/empty`, folder: true },
    { path: `${deep}/file`, data: Buffer.from('deep') },
    { path: deep, folder: true },
  ];
  await collect(await writeIso(entries, OPTIONS), `${folder}/disc.iso`);
  const extractors: readonly (readonly [string, ...string[]])[] = [
    ['bsdtar', '-xf', `${folder}/disc.iso`, '-C', folder],
    ['7z', 'x', '-y', `-o${folder}`, `${folder}/disc.iso`],
  ];
  for (const command of extractors) {
    await run(...command);
    assert.equal(await readFile(`${folder}/${deep}/file`, 'utf8'), 'deep');
    const found = await lines('find', `${folder}/empty folder`, `${folder}/${deep}/empty`, '-empty');
    assert.equal(found.length, 2, command[0]);
    await run('rm', '-r', `${folder}/empty folder`, `${folder}/level 0`);
  }
});

test('a file of 4 GiB less a sector fits, with another behind it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(`${folder}/large`, '');
  await truncate(`${folder}/large`, 2 ** 32 - 2048);
  const iso = await writeIso(
    [
      { path: 'large.wim', file: `${folder}/large` },
      { path: 'zuletzt', data: Buffer.from('behind') },
    ],
    OPTIONS,
  );
  // The head as it is, and the last sector where it belongs; what is between is all zeros.
  await using disc = await open(`${folder}/disc.iso`, 'w');
  for await (const chunk of iso) {
    await disc.write(chunk, 0, chunk.length, 0);
    break;
  }
  await disc.truncate(iso.size);
  await disc.write('behind', iso.size - 2048);
  const listing = await run('isoinfo', '-J', '-l', '-i', `${folder}/disc.iso`);
  assert.match(listing, /4294965248 .* large\.wim/);
  assert.equal(await run('bsdtar', '-xOf', `${folder}/disc.iso`, 'zuletzt'), 'behind');
});
