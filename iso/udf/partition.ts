import { unsupported } from '../corrupt.ts';
import type { Extent } from '../filesystem.ts';
import type { Structure } from '../structure.ts';

/** Where the blocks of one partition reference lie in the image. */
export interface Partition {
  /**
   * The absolute extents of `length` bytes that begin at a block of the partition.
   *
   * @param owner the structure that names the block: it is the one to blame when the block is outside
   */
  resolve(block: number, length: number, owner: Structure): readonly Extent[];
}

/** A partition that is one run of blocks of the image (type 1 map, ECMA-167 3/10.7.2). */
export function physicalPartition(start: number, blocks: number, blockSize: number, imageSize: number): Partition {
  return {
    resolve(block, length, owner) {
      const end = block * blockSize + length;
      const offset = (start + block) * blockSize;
      if (end > blocks * blockSize || offset + length > imageSize) {
        throw owner.corrupt(`${length} bytes from block ${block} lie outside of the partition (${blocks} blocks)`);
      }
      return [{ offset, length }];
    },
  };
}

/** A metadata partition (UDF 2.2.10): its blocks are those of a file, which may lie in several pieces. */
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

/** One entry of the logical volume's partition table (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10). */
export interface PartitionMap {
  readonly kind: 'physical' | 'metadata';
  /** Number of the partition descriptor that holds the blocks. */
  readonly partition: number;
  /** Blocks of the metadata file and of its mirror; only for `metadata`. */
  readonly metadataFiles: readonly number[];
}

const MOST_MAPS = 8;

/** Reads the partition maps of a Logical Volume Descriptor. */
export function partitionMaps(volume: Structure): readonly PartitionMap[] {
  const count = volume.u32(268);
  if (count === 0 || count > MOST_MAPS)
    throw volume.corrupt(`it has ${count} partition maps, expected 1 to ${MOST_MAPS}`);
  const table = volume.part('Partition Map', 440, volume.u32(264));
  const maps: PartitionMap[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const length = table.u8(at + 1);
    const map = table.part('Partition Map', at, length);
    maps.push(partitionMap(map));
    at += length;
  }
  return maps;
}

function partitionMap(map: Structure): PartitionMap {
  const type = map.u8(0);
  if (type === 1) return { kind: 'physical', partition: map.u16(4), metadataFiles: [] };
  if (type !== 2) throw map.corrupt(`its type is ${type}, expected 1 or 2`);
  const name = map.latin1(5, 23).replace(/\0+$/, '');
  const partition = map.u16(38);
  // Sparing only moves blocks that went bad on rewritable discs; an image file has none.
  if (name === '*UDF Sparable Partition') return { kind: 'physical', partition, metadataFiles: [] };
  if (name === '*UDF Metadata Partition')
    return { kind: 'metadata', partition, metadataFiles: [map.u32(40), map.u32(44)] };
  throw unsupported(map.name, map.offset, `partitions of type “${name}” are not read`);
}
