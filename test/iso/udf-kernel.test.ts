import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileSystem } from '../../iso/filesystem.ts';
import { openMedia } from '../../iso/media.ts';
import { bufferSource } from '../../iso/source.ts';
import { filesOf, KERNEL_IMAGES, kernelImage } from './tools.ts';

// Volumes that mkudffs made and the Linux kernel wrote files into: see fixtures/record-udf.sh.

/** What fixtures/record-udf.sh writes. */
function kernelFiles(): Map<string, Buffer> {
  const hole = Buffer.alloc(9 * 2048 + 3);
  hole.write('begin', 0);
  hole.write('end', 9 * 2048);
  const fragmented = Buffer.concat(Array.from({ length: 100 }, (_, index) => Buffer.alloc(2048, index)));
  const sparse = Buffer.alloc(2 * 149 * 2048 + 'block 149'.length);
  for (let index = 0; index < 150; index += 1) sparse.write(`block ${index}`, 2 * index * 2048);
  const files = new Map([
    ['folder/small.txt', Buffer.from('embedded in its entry')],
    ['folder/näme.txt', Buffer.from('umlaut')],
    ['folder/deeper/名前 – 長い.txt', Buffer.from('wide')],
    ['folder/fragmented.bin', fragmented],
    ['folder/hole.bin', hole],
    ['folder/sparse.bin', sparse],
  ]);
  for (let index = 0; index < 60; index += 1) {
    const number = String(index).padStart(2, '0');
    if (index !== 7) files.set(`folder/deeper/a file with number ${number}.txt`, Buffer.from(`content ${index}`));
  }
  return files;
}

for (const name of KERNEL_IMAGES) {
  test(`UDF ${name} as the Linux kernel writes it: every name and every byte`, async () => {
    const image = await kernelImage(name);
    const { fileSystem } = await openMedia(bufferSource(image));
    assert.equal(fileSystem.kind, 'udf');
    assert.equal(fileSystem.volumeLabel, 'Größe 名');
    const found = await filesOf(bufferSource(image));
    found.delete('lost+found');
    const expected = kernelFiles();
    assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
    for (const [path, bytes] of expected) assert.ok(found.get(path)?.equals(bytes), path);
    assert.ok((await extents(fileSystem, 'folder/fragmented.bin')) > 5);
    assert.ok((await extents(fileSystem, 'folder/sparse.bin')) > 290, 'its descriptors go on in other blocks');
  });
}

async function extents(fileSystem: FileSystem, path: string): Promise<number> {
  const node = await fileSystem.lookup(path);
  return node?.kind === 'file' ? node.extents.length : 0;
}
