import type { Extent } from '../filesystem.ts';
import type { Structure } from '../structure.ts';
import type { Blocks } from './allocation.ts';
import { readFileEntry } from './entry.ts';
import type { Partition } from './partition.ts';

/** Where a map names the blocks of the metadata file and of its mirror (UDF 2.2.10). */
const FILES = { main: 40, mirror: 44 } as const;
/** Each block of the partition is looked for in all pieces of its file; writers make a few. */
const MOST_PIECES = 1_000;

/** Opens the metadata partition of a map by one of the two copies of its file. */
export async function openMetadata(blocks: Blocks, map: Structure, copy: 'main' | 'mirror'): Promise<Partition> {
  const file = await readFileEntry(blocks, { block: map.u32(FILES[copy]), partition: 0 }, map);
  if (file.extents.length > MOST_PIECES) throw map.corrupt(`its file has more than ${MOST_PIECES} pieces`);
  return metadataPartition(file.extents, blocks.blockSize);
}

/** A metadata partition (UDF 2.2.13): its blocks are those of a file, which may lie in several pieces. */
export function metadataPartition(file: readonly Extent[], blockSize: number): Partition {
  return {
    resolve(block, length, owner) {
      const from = block * blockSize;
      const found: Extent[] = [];
      let start = 0;
      for (const extent of file) {
        const begin = Math.max(from, start);
        const end = Math.min(from + length, start + extent.length);
        if (begin < end) {
          if (extent.offset === null) throw owner.corrupt(`block ${block} of the metadata partition is not recorded`);
          found.push({ offset: extent.offset + (begin - start), length: end - begin });
        }
        start += extent.length;
      }
      if (from + length > start) throw owner.corrupt(`block ${block} lies outside of the metadata partition`);
      return found;
    },
  };
}
