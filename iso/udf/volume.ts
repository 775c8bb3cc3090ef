import { corrupt, isCorrupt } from '../corrupt.ts';
import type { RangedSource } from '../source.ts';
import type { Structure } from '../structure.ts';
import { type Blocks, type LongAllocation, longAllocation, readBlock } from './allocation.ts';
import { openMetadata } from './metadata-partition.ts';
import { type Partition, type PartitionMap, partitionMaps, physicalPartition } from './partition.ts';
import { type Anchor, findAnchors, readSequence, type Sequence } from './sequence.ts';
import { openSparable } from './sparable-partition.ts';
import { dstring, expectTag, TAG } from './tag.ts';
import { openVirtual } from './virtual-partition.ts';

/** A mounted UDF logical volume. */
export interface UdfVolume {
  readonly blocks: Blocks;
  readonly label: string;
  readonly root: LongAllocation;
  /** The structure that named the root, for messages. */
  readonly fileSet: Structure;
}

/**
 * Finds and mounts the UDF volume of an image whose volume recognition sequence announces one. Where there is more
 * than one anchor, the next stands in for one that leads nowhere; the error is that of the first.
 */
export async function mountUdf(source: RangedSource): Promise<UdfVolume> {
  let failure: unknown;
  for await (const anchor of findAnchors(source)) {
    try {
      return await mount(source, anchor);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      failure ??= error;
    }
  }
  const found = `expected one here or in the last 257 sectors, found none; the file ends at ${source.size}`;
  throw failure ?? corrupt('Anchor Volume Descriptor Pointer', 256 * 2048, found);
}

async function mount(source: RangedSource, anchor: Anchor): Promise<UdfVolume> {
  const sequence = await readSequence(source, anchor);
  const volume = sequence.logicalVolume;
  const blockSize = volume.u32(212);
  if (blockSize !== anchor.sectorSize)
    throw volume.corrupt(`its logical block has ${blockSize} bytes, expected ${anchor.sectorSize}`);
  const maps = partitionMaps(volume);
  const direct = await openDirect(source, blockSize, sequence, maps);
  const metadata = maps.some((map) => map.kind === 'metadata');
  // The mirror of the metadata file stands in for a main one that cannot be read (UDF 2.2.13).
  let failure: unknown;
  for (const copy of metadata ? (['main', 'mirror'] as const) : (['main'] as const)) {
    try {
      const partitions = await openAll(source, blockSize, direct, maps, copy, volume);
      return await openFileSet({ source, blockSize, partitions }, volume);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function openFileSet(blocks: Blocks, volume: Structure): Promise<UdfVolume> {
  const block = await readBlock(blocks, longAllocation(volume, 248), volume);
  const fileSet = block.part('File Set Descriptor', 0, block.length);
  expectTag(fileSet, TAG.fileSet);
  const label = dstring(volume, 84, 128) || dstring(fileSet, 112, 128);
  const root = longAllocation(fileSet, 400);
  await readBlock(blocks, root, fileSet);
  return { blocks, label, root, fileSet };
}

/** The partitions whose blocks lie in the image itself, by their number. */
async function openDirect(
  source: RangedSource,
  blockSize: number,
  sequence: Sequence,
  maps: readonly PartitionMap[],
): Promise<ReadonlyMap<number, Partition>> {
  const direct = new Map<number, Partition>();
  for (const map of maps) {
    if (direct.has(map.partition)) continue;
    const descriptor = sequence.partitions.get(map.partition);
    if (descriptor === undefined) {
      throw sequence.logicalVolume.corrupt(`it names partition ${map.partition}, which has no descriptor`);
    }
    const [start, length] = [descriptor.u32(188), descriptor.u32(192)];
    // A disc that is written bit by bit ends before its partition does; any other is a download that broke off.
    if (!maps.some(({ kind }) => kind === 'virtual') && (start + length) * blockSize > source.size) {
      const end = (start + length) * blockSize;
      throw corrupt(
        'Partition Descriptor',
        descriptor.offset,
        `it needs ${end} bytes, but the file ends at ${source.size}`,
      );
    }
    const physical = physicalPartition(start, length, blockSize, source.size);
    const sparable = maps.find((other) => other.kind === 'sparable' && other.partition === map.partition);
    const partition =
      sparable === undefined ? physical : await openSparable(source, blockSize, physical, sparable.structure);
    direct.set(map.partition, partition);
  }
  return direct;
}

/** The partitions as file entries refer to them: by the position of their map. */
async function openAll(
  source: RangedSource,
  blockSize: number,
  direct: ReadonlyMap<number, Partition>,
  maps: readonly PartitionMap[],
  copy: 'main' | 'mirror',
  volume: Structure,
): Promise<readonly Partition[]> {
  const partitions: Partition[] = [];
  for (const map of maps) {
    const base = direct.get(map.partition);
    if (base === undefined) throw volume.corrupt(`it names partition ${map.partition}, which has no descriptor`);
    const blocks: Blocks = { source, blockSize, partitions: [base] };
    if (map.kind === 'metadata') partitions.push(await openMetadata(blocks, map.structure, copy));
    else if (map.kind === 'virtual') partitions.push(await openVirtual(blocks, base, map.structure));
    else partitions.push(base);
  }
  return partitions;
}
