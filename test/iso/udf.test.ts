import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import { IngotError } from '../../common/failure.ts';
import { fileSource } from '../../iso/filesystem.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import { openMedia } from '../../iso/media.ts';
import { bufferSource } from '../../iso/source.ts';
import { Structure } from '../../iso/structure.ts';
import { metadataPartition } from '../../iso/udf/metadata-partition.ts';
import { outcome, seal } from './mutate.ts';
import { failure, run, temporaryFolder } from './tools.ts';
import { CONTENT, SMALL, type UdfVariant, udfImage } from './udf-image.ts';

async function read(image: Buffer, path: string): Promise<Buffer> {
  const media = await openMedia(bufferSource(image));
  assert.equal(media.fileSystem.kind, 'udf');
  assert.equal(media.fileSystem.volumeLabel, 'LABEL');
  const node = await media.fileSystem.lookup(path);
  assert.ok(node?.kind === 'file', `${path} is a file`);
  return fileSource(media.source, node).read(0, node.size);
}

for (const partition of ['physical', 'sparable', 'metadata', 'virtual', 'virtual-1.50'] as const) {
  for (const extended of [false, true]) {
    for (const allocation of ['short', 'long', 'extended', 'embedded'] as const) {
      for (const continued of allocation === 'embedded' ? [false] : [false, true]) {
        const names = extended ? 16 : 8;
        const variant: UdfVariant = { extended, allocation, partition, names, continued };
        test(`UDF ${Object.values(variant).join(' ')}`, async (t) => {
          const name = names === 16 ? '名前.bin' : 'näme.bin';
          const image = udfImage(variant, name);
          const expected = allocation === 'embedded' ? SMALL : CONTENT;
          assert.deepEqual(await read(image, `folder/${name}`), expected);
          const media = await openMedia(bufferSource(image));
          assert.deepEqual(await media.fileSystem.list('folder'), [name], 'neither the parent nor what is deleted');
          if (allocation === 'extended' || partition !== 'physical') return; // 7z does not read these
          const folder = await temporaryFolder(t);
          await writeFile(`${folder}/x.iso`, image);
          // It finds fault with what the image leaves out, such as the integrity sequence, but lists the tree.
          const listing = await run('7z', 'l', '-slt', '-tudf', `${folder}/x.iso`).catch(
            (error: { stdout: string }) => error.stdout,
          );
          assert.match(listing, new RegExp(`^Path = folder/${name}\nFolder = -\nSize = ${expected.length}$`, 'm'));
        });
      }
    }
  }
}

test('a metadata partition maps every byte, also across the pieces of its file', () => {
  const piece = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 5 }),
      fc.nat(20),
      fc.nat(12_000),
      (pieces, block, length) => {
        let offset = 0;
        const extents = pieces.map((blocks) => {
          offset += 100_000;
          return { offset, length: blocks * 2048 };
        });
        const bytes = extents.flatMap((extent) => Array.from({ length: extent.length }, (_, i) => extent.offset + i));
        const wanted = bytes.slice(block * 2048, block * 2048 + length);
        const owner = new Structure('test', 0, Buffer.alloc(0));
        const found = () => metadataPartition(extents, 2048).resolve(block, length, owner);
        if (block * 2048 + length > bytes.length) return assert.throws(found, failure('iso.corrupt'));
        const places = found().flatMap((part) => Array.from({ length: part.length }, (_, i) => (part.offset ?? 0) + i));
        assert.deepEqual(places, wanted);
      },
    ),
    { numRuns: 100 },
  );
});

const PLAIN: UdfVariant = { extended: false, allocation: 'short', partition: 'physical', names: 8 };

test('the reserve sequence stands in for a damaged main one', async () => {
  assert.deepEqual(await read(udfImage({ ...PLAIN, reserveOnly: true }, 'x'), 'folder/x'), CONTENT);
});

test('the mirror stands in for a damaged metadata file', async () => {
  const image = udfImage({ ...PLAIN, partition: 'metadata' }, 'x');
  const [main, mirror] = [300 * 2048, 363 * 2048];
  image.copy(image, mirror, main, main + 2048);
  image.fill(0, main, main + 2048);
  assert.deepEqual(await read(image, 'folder/x'), CONTENT);
});

test('continuations in a circle, huge counts and sizes end soon', async () => {
  const circle = udfImage({ ...PLAIN, continued: true }, 'x');
  const continuation = (300 + 50) * 2048;
  circle.writeUInt32LE((2048 | (3 << 30)) >>> 0, continuation + 24);
  circle.writeUInt32LE(50, continuation + 28);
  seal(circle, continuation);
  const media = await openMedia(bufferSource(circle));
  await assert.rejects(media.fileSystem.lookup('folder/x'), failure('iso.corrupt', /round in a circle/));

  const change = (at: number, value: number, descriptor: number) => {
    const image = udfImage(PLAIN, 'x');
    image.writeUInt32LE(value, descriptor * 2048 + at);
    seal(image, descriptor * 2048);
    return outcome(image);
  };
  const root = 301;
  assert.equal(await change(60, 0xffffffff, root), 'iso.corrupt', 'directory of 2^64 bytes');
  assert.equal(await change(56, 0x7fffffff, root), 'iso.corrupt', 'directory of 2 GiB');
  assert.equal(await change(172, 0xffffffff, root), 'iso.corrupt', 'allocation descriptors of 4 GiB');
  assert.equal(await change(264, 0xffffffff, 34 + 16), 'read', 'the main sequence is enough');
  assert.equal(await change(268, 0xffffffff, 34), 'iso.corrupt', '2^32 partition maps');
  assert.equal(await change(192, 0xffffffff, 33), 'iso.corrupt', 'a partition of 8 TiB');
  assert.equal(await change(212, 0, 34), 'iso.corrupt', 'blocks of 0 bytes');
});

test('the anchor at the end, and 256 sectors before it, stand in for the one at 256', async () => {
  for (const place of ['last', 'before'] as const) {
    // Behind the partition come 300 sectors that nobody uses.
    const image = Buffer.concat([udfImage(PLAIN, 'x'), Buffer.alloc(300 * 2048)]);
    const sector = image.length / 2048 - (place === 'last' ? 1 : 257);
    image.copy(image, sector * 2048, 256 * 2048, 257 * 2048);
    image.fill(0, 256 * 2048, 257 * 2048);
    await assert.rejects(openMedia(bufferSource(image)), failure('iso.corrupt', /^Anchor Volume Descriptor Pointer/));
    image.writeUInt32LE(sector, sector * 2048 + 12);
    seal(image, sector * 2048);
    assert.deepEqual(await read(image, 'folder/x'), CONTENT);
  }
});

test('an anchor that leads nowhere gives way to the next; all of them bad, the first is blamed', async () => {
  const image = Buffer.concat([udfImage(PLAIN, 'x'), Buffer.alloc(300 * 2048)]);
  const last = image.length / 2048 - 1;
  image.copy(image, last * 2048, 256 * 2048, 257 * 2048);
  image.writeUInt32LE(last, last * 2048 + 12);
  seal(image, last * 2048);
  for (const at of [20, 28]) image.writeUInt32LE(0x7fffffff, 256 * 2048 + at);
  seal(image, 256 * 2048);
  assert.deepEqual(await read(image, 'folder/x'), CONTENT);
  for (const at of [20, 28]) image.writeUInt32LE(0x7fffffff, last * 2048 + at);
  seal(image, last * 2048);
  await assert.rejects(openMedia(bufferSource(image)), failure('iso.corrupt', /at offset 524288: neither/));
});

test('a source that fails is not taken for a damaged image: no copy is looked for', async () => {
  const image = bufferSource(Buffer.concat([udfImage(PLAIN, 'x'), Buffer.alloc(300 * 2048)]));
  let reads = 0;
  const failing = {
    ...image,
    async read(offset: number, length: number) {
      reads += 1;
      if (reads > 2) throw new IngotError('iso.http', 'the connection was cut');
      return image.read(offset, length);
    },
  };
  await assert.rejects(openMedia(failing), failure('iso.http'));
  assert.equal(reads, 3);
});

test('a copy of the sparing table stands in for one that cannot be read; without any, nothing is guessed', async () => {
  const image = udfImage({ ...PLAIN, partition: 'sparable' }, 'x');
  assert.deepEqual(await read(image, 'folder/x'), CONTENT);
  image.fill(0, 120 * 2048, 121 * 2048);
  await assert.rejects(openMedia(bufferSource(image)), failure('iso.corrupt', /^Partition Map .* sparing tables/));
});

/** Points an entry of a folder that is embedded in its file entry at another block. */
function changeIdentifier(image: Buffer, identifier: number, block: number): void {
  image.writeUInt32LE(block, identifier + 24);
  seal(image, identifier);
  seal(image, identifier - (identifier % 2048));
}

test('blocks that the virtual allocation table does not have are told', async () => {
  const original = udfImage({ ...PLAIN, partition: 'virtual' }, 'x');
  const folder = original.indexOf(Buffer.from('folder'));
  for (const [block, message] of [
    [30, /block 30 .* not allocated/],
    [31, /block 31 is not in/],
    [0xffffffff, /is not in the virtual allocation table/],
  ] as const) {
    const image = Buffer.from(original);
    const identifier = folder - 1 - 38;
    changeIdentifier(image, identifier, block);
    const { fileSystem } = await openMedia(bufferSource(image));
    await assert.rejects(fileSystem.list('folder'), failure('iso.corrupt', message));
  }
  original.fill(0, original.length - 2048);
  await assert.rejects(openMedia(bufferSource(original)), failure('iso.corrupt', /^Partition Map .* found none/));
});

test('a folder that contains itself is told, whichever way round', async () => {
  const image = udfImage(PLAIN, 'x');
  const identifier = image.indexOf(Buffer.from('x', 'latin1'), 302 * 2048 + 176 + 120) - 1 - 38;
  assert.equal(image.readUInt16LE(identifier), 257);
  changeIdentifier(image, identifier, 1);
  const { fileSystem } = await openMedia(bufferSource(image));
  assert.deepEqual(await fileSystem.list('folder'), ['x']);
  await assert.rejects(fileSystem.lookup('folder/x'), failure('iso.corrupt', /^File Identifier Descriptor .* itself/));
});

/** 7z's view of an image, of the type that the option names. */
async function listing(image: Buffer, type: string): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/ingot-test-`);
  try {
    await writeFile(`${folder}/x.iso`, image);
    return await run('7z', 'l', '-slt', type, `${folder}/x.iso`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the ISO 9660 view is not believed when there is UDF, not even when UDF is damaged', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/in`);
  await writeFile(`${folder}/in/both.txt`, 'both');
  await run('genisoimage', '-quiet', '-udf', '-J', '-o', `${folder}/x.iso`, `${folder}/in`);
  const image = await readFile(`${folder}/x.iso`);
  image.write('STUB', image.indexOf('BOTH.TXT'), 'latin1');
  image.write('\0s\0t\0u\0b', image.indexOf('\0b\0o\0t\0h\0.', 0, 'latin1'), 'latin1');
  assert.match(await listing(image, '-tiso'), /^Path = stub.txt$/im);
  assert.deepEqual(await (await openMedia(bufferSource(image))).fileSystem.list(''), ['both.txt']);
  image.fill(0, 256 * 2048, 257 * 2048);
  image.fill(0, image.length - 2048);
  image.fill(0, image.length - 257 * 2048, image.length - 256 * 2048);
  await assert.rejects(openMedia(bufferSource(image)), failure('iso.corrupt', /^Anchor/));
});

const EMPTY: readonly (readonly [what: string, ...options: string[]])[] = [
  ...['1.02', '1.50', '2.01'].flatMap((revision) =>
    ['512', '2048', '4096'].map(
      (size) =>
        [
          `UDF ${revision}, blocks of ${size}`,
          '--media-type=hd',
          `--udfrev=${revision}`,
          `--blocksize=${size}`,
        ] as const,
    ),
  ),
  ['UDF 2.01 for DVD-RAM', '--media-type=dvdram', '--udfrev=2.01'],
  ['UDF 1.50 for CD-RW: sparable', '--media-type=cdrw', '--udfrev=1.50', '--sparspace=32'],
  ['UDF 2.01 for DVD-RW: sparable', '--media-type=dvdrw', '--udfrev=2.01', '--sparspace=32'],
  ['UDF 1.50 for CD-R: virtual', '--media-type=cdr', '--udfrev=1.50'],
  ['UDF 2.01 for DVD-R: virtual', '--media-type=dvdr', '--udfrev=2.01'],
  ['UDF 2.60 for DVD-R: virtual', '--media-type=dvdr', '--udfrev=2.60'],
  ['UDF 2.60 for BD-R: virtual', '--media-type=bdr', '--udfrev=2.60'],
];

for (const [what, ...options] of EMPTY) {
  test(`an empty volume of mkudffs is mounted: ${what}`, async (t) => {
    const path = `${await temporaryFolder(t)}/x.udf`;
    await writeFile(path, '');
    await truncate(path, 8 * 1024 * 1024);
    const told = await run('mkudffs', '--utf8', '--label=ÜMLAUT 名', ...options, path);
    // A disc that is written bit by bit ends with its table of blocks, where the file goes on with zeros.
    const table = /^vatblock=(\d+)$/m.exec(told)?.[1];
    assert.equal(table !== undefined, what.endsWith('virtual'));
    if (table !== undefined) await truncate(path, (Number(table) + 1) * 2048);
    const { fileSystem } = await openMedia(bufferSource(await readFile(path)));
    assert.equal(fileSystem.volumeLabel, 'ÜMLAUT 名');
    const own = ['lost+found', 'Non-Allocatable Space'];
    assert.deepEqual(
      (await fileSystem.list(''))?.filter((name) => !own.includes(name)),
      [],
    );
  });
}

test('what WORM media need is told to be unsupported', async (t) => {
  const path = `${await temporaryFolder(t)}/x.udf`;
  await writeFile(path, '');
  await truncate(path, 64 * 1024 * 1024);
  await run('mkudffs', '--media-type=hd', '--strategy=4096', '--udfrev=2.01', '--blocksize=2048', path);
  await assert.rejects(inspectMedia(bufferSource(await readFile(path))), failure('iso.unsupported', /strategy 4096/));
});
