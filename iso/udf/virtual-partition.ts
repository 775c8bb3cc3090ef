import { isCorrupt } from '../corrupt.ts';
import { type Extent, fileSource } from '../filesystem.ts';
import { readStructure, type Structure } from '../structure.ts';
import type { Blocks } from './allocation.ts';
import { FILE_TYPE, type FileEntry, readFileEntry } from './entry.ts';
import type { Partition } from './partition.ts';

/** The table is the last thing written; what burns a disc may add some blocks behind it. */
const BLOCKS_SEARCHED = 16;
const LARGEST_TABLE = 1024 * 1024;
/** UDF 1.50 ends the table with this name and the place of the table before; later versions begin it with a header. */
const OLD_NAME = '*UDF Virtual Alloc Tbl';
const OLD_TRAILER = 36;
const NOT_ALLOCATED = 0xffffffff;

/**
 * A virtual partition (UDF 2.2.8, 2.2.11): on media that can be written only once, blocks are renumbered by a table,
 * so that a new version of a file entry takes the place of the old one.
 *
 * @param blocks the volume with the partition that really holds the blocks as reference 0
 */
export async function openVirtual(blocks: Blocks, base: Partition, map: Structure): Promise<Partition> {
  const table = await findTable(blocks, map);
  const { blockSize } = blocks;
  return {
    resolve(block, length, owner) {
      const count = Math.ceil(length / blockSize);
      if ((block + count) * 4 > table.length)
        throw owner.corrupt(`block ${block} is not in the virtual allocation table`);
      const found: Extent[] = [];
      for (let index = 0; index < count; index += 1) {
        const place = table.u32(4 * (block + index));
        if (place === NOT_ALLOCATED)
          throw owner.corrupt(`block ${block + index} of the virtual partition is not allocated`);
        found.push(...base.resolve(place, Math.min(blockSize, length - index * blockSize), owner));
      }
      return found;
    },
  };
}

/** The numbers of the table, from the file entry in the last block that was recorded. */
async function findTable(blocks: Blocks, map: Structure): Promise<Structure> {
  const last = Math.floor(blocks.source.size / blocks.blockSize) - 1;
  const start = blocks.partitions[0]?.resolve(0, 0, map)[0]?.offset ?? 0;
  for (let sector = last; sector > last - BLOCKS_SEARCHED; sector -= 1) {
    const block = sector - start / blocks.blockSize;
    if (block < 0) break;
    try {
      const table = await readTable(blocks, await readFileEntry(blocks, { block, partition: 0 }, map));
      if (table !== undefined) return table;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
    }
  }
  throw map.corrupt('expected a virtual allocation table in the last blocks of the file, found none');
}

async function readTable(blocks: Blocks, file: FileEntry): Promise<Structure | undefined> {
  const { fileType, size, extents, offset } = file;
  const old = fileType === FILE_TYPE.unspecified;
  if ((!old && fileType !== FILE_TYPE.virtualAllocationTable) || size < OLD_TRAILER || size > LARGEST_TABLE)
    return undefined;
  const source = fileSource(blocks.source, { kind: 'file', name: 'virtual allocation table', size, extents });
  const table = (await readStructure(source, 'Virtual Allocation Table', 0, size)).movedTo(offset);
  if (!old) {
    const header = table.u16(0);
    return table.part('Virtual Allocation Table', header, size - header);
  }
  if (table.latin1(size - OLD_TRAILER + 1, OLD_NAME.length) !== OLD_NAME) return undefined;
  return table.part('Virtual Allocation Table', 0, size - OLD_TRAILER);
}
