import assert from 'node:assert/strict';
import { mkdir, open, stat, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileSource } from '../../iso/filesystem.ts';
import { inspectMedia, mediaFacts } from '../../iso/inspect.ts';
import { openMedia } from '../../iso/media.ts';
import { openFileSource } from '../../iso/source.ts';
import { largeWindowsIso } from './fixtures/windows-iso.ts';
import { counted, run, shell, temporaryFolder } from './tools.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

test('a Windows ISO of 5 GB is inspected in 20 reads of 1 MiB in all, and soon', async (t) => {
  const { iso, wim } = await largeWindowsIso(await temporaryFolder(t));
  assert.ok((await stat(iso)).size > 4.7 * GIB);
  await using file = await openFileSource(iso);
  const source = counted(file);
  const media = await openMedia(source);
  const facts = await mediaFacts(media);
  assert.equal(facts.filesystem, 'udf');
  assert.equal(facts.installImage?.size, (await stat(wim)).size);
  assert.ok(facts.noPrompt.available);
  assert.equal(facts.biosPrompt, true);
  assert.deepEqual(facts.languages, ['en-US']);
  const told = await run('wiminfo', wim);
  assert.deepEqual(
    facts.images.map((image) => image.name),
    [...told.matchAll(/^Name: +(.*)$/gm)].map(([, name]) => name),
  );
  assert.ok(source.bytes <= MIB, `${source.bytes} bytes`);
  assert.ok(source.reads <= 20, `${source.reads} reads`);
  assert.deepEqual([media.source.bytesRead(), media.source.reads()], [source.bytes, source.reads], 'as it says itself');

  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const begin = performance.now();
    await inspectMedia(file);
    times.push(performance.now() - begin);
  }
  assert.ok(Math.min(...times) < 50, `${Math.min(...times)} ms`);
});

test('a file over 4 GiB in several extents (ISO 9660 level 3) is read across them', async (t) => {
  const folder = await temporaryFolder(t);
  const [tree, iso] = [`${folder}/tree`, `${folder}/large.iso`];
  await mkdir(`${tree}/folder`, { recursive: true });
  await writeFile(`${tree}/small.txt`, 'small');
  await writeFile(`${tree}/folder/large.bin`, '');
  await truncate(`${tree}/folder/large.bin`, 4.25 * GIB);
  for (const options of [['-J'], ['-R']]) {
    // Cut where the large file begins: it is all zeros, and the file system keeps a hole for them.
    await shell('xorriso -as mkisofs -iso-level 3 "$@" -o - 2>/dev/null | head -c 1M > "$0"', iso, ...options, tree);
    await truncate(iso, Number(/Volume size is: (\d+)/.exec(await run('isoinfo', '-d', '-i', iso))?.[1]) * 2048);
    const report = await run('xorriso', '-indev', iso, '-find', '/', '-type', 'f', '-exec', 'report_lba');
    const extents = [...report.matchAll(/lba: +\d+ , +(\d+) , +\d+ , +\d+ , '[^']*large/gi)].map(([, sector]) =>
      Number(sector),
    );
    assert.equal(extents.length, 2);
    {
      await using handle = await open(iso, 'r+');
      for (const [index, sector] of extents.entries()) await handle.write(`extent ${index}`, sector * 2048);
    }
    await using source = await openFileSource(iso);
    const media = await openMedia(source);
    const node = await media.fileSystem.lookup('folder/large.bin');
    assert.ok(node?.kind === 'file');
    assert.equal(node.size, 4.25 * GIB);
    const listing = await run('7z', 'l', '-slt', iso);
    assert.match(listing, new RegExp(`Path = folder/large.bin\nFolder = -\nSize = ${node.size}\n`, 'i'));
    const bytes = fileSource(media.source, node);
    assert.equal((await bytes.read(0, 8)).toString(), 'extent 0');
    const boundary = 4 * GIB - 2048;
    assert.equal((await bytes.read(boundary - 4, 12)).toString(), '\0\0\0\0extent 1');
    assert.equal((await bytes.read(node.size - 1, 1))[0], 0);
  }
});
