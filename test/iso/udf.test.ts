import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileSource } from '../../iso/filesystem.ts';
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

for (const partition of ['physical', 'sparable', 'metadata'] as const) {
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
  await assert.rejects(media.fileSystem.lookup('folder/x'), failure('iso.corrupt'));

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

for (const revision of ['0x0102', '0x0150', '0x0201']) {
  for (const blockSize of ['512', '2048']) {
    test(`an empty volume of mkudffs, revision ${revision}, blocks of ${blockSize}, is mounted`, async (t) => {
      const path = `${await temporaryFolder(t)}/x.udf`;
      await writeFile(path, '');
      await truncate(path, 4 * 1024 * 1024);
      const options = ['--media-type=hd', `--blocksize=${blockSize}`, '--label=ÜMLAUT 名', `--udfrev=${revision}`];
      await run('mkudffs', ...options, path);
      const { fileSystem } = await openMedia(bufferSource(await readFile(path)));
      assert.equal(fileSystem.volumeLabel, 'ÜMLAUT 名');
      assert.deepEqual(await fileSystem.list(''), []);
    });
  }
}
