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
export interface PhysicalPartition extends Partition {
  /** First sector in the image. */
  readonly start: number;
}

export function physicalPartition(
  start: number,
  blocks: number,
  blockSize: number,
  imageSize: number,
): PhysicalPartition {
  return {
    start,
    resolve(block, length, owner) {
      const end = block * blockSize + length;
      const offset = (start + block) * blockSize;
      if (end > blocks * blockSize) {
        throw owner.corrupt(`${length} bytes from block ${block} lie outside of the partition (${blocks} blocks)`);
      }
      if (offset + length > imageSize) {
        throw owner.corrupt(`${length} bytes from block ${block} are needed, but the file ends at ${imageSize}`);
      }
      return [{ offset, length }];
    },
  };
}

/** One entry of the logical volume's partition table (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10). */
export interface PartitionMap {
  readonly kind: 'physical' | 'sparable' | 'virtual' | 'metadata';
  /** Number of the partition descriptor that holds the blocks. */
  readonly partition: number;
  readonly structure: Structure;
}

const MOST_MAPS = 8;
const TYPE_2_LENGTH = 64;
const TYPE_2: ReadonlyMap<string, PartitionMap['kind']> = new Map([
  ['*UDF Sparable Partition', 'sparable'],
  ['*UDF Virtual Partition', 'virtual'],
  ['*UDF Metadata Partition', 'metadata'],
]);

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
    maps.push(partitionMap(table.part('Partition Map', at, length)));
    at += length;
  }
  return maps;
}

function partitionMap(structure: Structure): PartitionMap {
  const type = structure.u8(0);
  if (type === 1) return { kind: 'physical', partition: structure.u16(4), structure };
  if (type !== 2) throw structure.corrupt(`its type is ${type}, expected 1 or 2`);
  if (structure.length !== TYPE_2_LENGTH) {
    throw structure.corrupt(`it has ${structure.length} bytes, expected ${TYPE_2_LENGTH}`);
  }
  const name = structure.latin1(5, 23).replace(/\0+$/, '');
  const kind = TYPE_2.get(name);
  if (kind === undefined) {
    throw unsupported(structure.name, structure.offset, `partitions of type “${name}” are not read`);
  }
  return { kind, partition: structure.u16(38), structure };
}
