import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileSource } from '../../iso/filesystem.ts';
import { openMedia } from '../../iso/media.ts';
import { bufferSource } from '../../iso/source.ts';
import { writeIso } from '../../iso/writer/write.ts';
import { collect, failure, filesBelow, run, temporaryFolder } from './tools.ts';

const OPTIONS = { volumeLabel: 'RANDOM', date: new Date('2026-02-03T04:05:06Z') };

/** Of all scripts a bit, and all of ASCII that Windows takes. */
const letter = fc.constantFrom(
  ...Array.from("!#$%&'()+,-.=@[]^_`{}~ 0189abyzABYZ"),
  ...Array.from('äöüßÄéøπΣςжЯא中文字名前한글'),
  '\u0301',
  '\ufb01',
  '\ue000',
);
const shortName = fc.string({ unit: letter, minLength: 1, maxLength: 24 });
const longName = fc.string({ unit: fc.constantFrom(...'abcXYZ.019 '), minLength: 60, maxLength: 103 });
/**
 * As what Linux extracts has at most 255 bytes of UTF-8, only ASCII names are long; and as bsdtar composes what it
 * extracts, all names are composed.
 */
const name = fc
  .oneof({ weight: 4, arbitrary: shortName }, { weight: 1, arbitrary: longName })
  .filter((text) => !/[. ]$/.test(text) && !text.startsWith(' ') && text.normalize('NFC') === text);

interface File {
  readonly path: string;
  readonly data: Buffer;
}

const file = fc.record({
  folders: fc.array(name, { maxLength: 3 }),
  name,
  data: fc.uint8Array({ maxLength: 5000 }),
});

/** Leaves out what could not lie beside each other on Windows. */
const tree: fc.Arbitrary<readonly File[]> = fc.array(file, { maxLength: 30 }).map((files) => {
  const taken = new Map<string, string>();
  const fits = (path: string, kind: string) => (taken.get(path.toLowerCase()) ?? kind + path) === kind + path;
  return files.flatMap(({ folders, name: last, data }) => {
    const above = folders.map((_, index) => folders.slice(0, index + 1).join('/'));
    const path = [...folders, last].join('/');
    if (!above.every((folder) => fits(folder, 'folder')) || taken.has(path.toLowerCase())) return [];
    for (const folder of above) taken.set(folder.toLowerCase(), `folder${folder}`);
    taken.set(path.toLowerCase(), `file${path}`);
    return [{ path, data: Buffer.from(data) }];
  });
});

test('random trees are read back equal by bsdtar, 7z, isoinfo and our own reader', async (t) => {
  const folder = await temporaryFolder(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(tree, async (files) => {
      runs += 1;
      const out = `${folder}/${runs}`;
      await mkdir(`${out}/bsdtar`, { recursive: true });
      const bytes = await collect(await writeIso(files, OPTIONS), `${out}/disc.iso`);
      const [, , listing] = await Promise.all([
        run('bsdtar', '-xf', `${out}/disc.iso`, '-C', `${out}/bsdtar`),
        run('7z', 'x', '-y', `-o${out}/7z`, `${out}/disc.iso`),
        run('isoinfo', '-J', '-f', '-i', `${out}/disc.iso`),
      ]);
      const expected = new Map(files.map(({ path, data }) => [path, data]));
      assert.deepEqual(await filesBelow(`${out}/bsdtar`), expected);
      if (files.length > 0) assert.deepEqual(await filesBelow(`${out}/7z`), expected);
      const listed = new Set(listing.split('\n'));
      // isoinfo knows no character set that holds all of Unicode.
      for (const { path } of files) if (/^[ -~]*$/.test(path)) assert.ok(listed.has(`/${path}`), path);
      const { fileSystem, source } = await openMedia(bufferSource(bytes));
      for (const { path, data } of files) {
        const node = await fileSystem.lookup(path);
        assert.ok(node?.kind === 'file', path);
        assert.deepEqual(await fileSource(source, node).read(0, node.size), data);
      }
    }),
    { numRuns: 25 },
  );
});

test('any path is either read back as it is or refused as one that does not fit', async () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.string({ unit: fc.constantFrom(...'a./:\\;* CON\n\ud800😀'), maxLength: 8 }),
  );
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(anything, async (path) => {
      const iso = await writeIso([{ path, data: Buffer.from('x') }], OPTIONS).catch((error: unknown) => {
        if (!failure('iso.path')(error)) throw error;
        refused += 1;
        return undefined;
      });
      if (iso === undefined) return;
      const { fileSystem } = await openMedia(bufferSource(await collect(iso)));
      assert.equal((await fileSystem.lookup(path))?.kind, 'file');
    }),
    { numRuns: 300 },
  );
  assert.ok(refused > 0 && refused < 300);
});
