import { IngotError } from '../../common/failure.ts';
import { corrupt } from '../corrupt.ts';
import type { RangedSource } from '../source.ts';
import { Structure } from '../structure.ts';
import { type Blocks, type LongAllocation, longAllocation, readBlock } from './allocation.ts';
import { readFileEntry } from './entry.ts';
import { metadataPartition, type Partition, type PartitionMap, partitionMaps, physicalPartition } from './partition.ts';
import { dstring, expectTag, TAG, tagOf } from './tag.ts';

/** A mounted UDF logical volume. */
export interface UdfVolume {
  readonly blocks: Blocks;
  readonly label: string;
  readonly root: LongAllocation;
  /** The structure that named the root, for messages. */
  readonly fileSet: Structure;
}

/** The prevailing descriptors of a volume descriptor sequence (ECMA-167 3/8.4.2). */
interface Sequence {
  logicalVolume: Structure | undefined;
  readonly partitions: Map<number, Structure>;
}

/** Optical media first: 2048. Images of disks come with the others. */
const SECTOR_SIZES = [2048, 512, 4096, 1024] as const;
const ANCHOR_SECTOR = 256;
const MOST_DESCRIPTORS = 256;
const MOST_POINTERS = 16;

/** Finds and mounts the UDF volume of an image whose volume recognition sequence announces one. */
export async function mountUdf(source: RangedSource): Promise<UdfVolume> {
  for (const sectorSize of SECTOR_SIZES) {
    const sectors = Math.floor(source.size / sectorSize);
    for (const sector of [ANCHOR_SECTOR, sectors - 1, sectors - 1 - ANCHOR_SECTOR]) {
      const anchor = await readAnchor(source, sectorSize, sector);
      if (anchor !== undefined) return mount(source, sectorSize, anchor);
    }
  }
  throw corrupt('Anchor Volume Descriptor Pointer', ANCHOR_SECTOR * SECTOR_SIZES[0], 'expected one, found none');
}

async function readAnchor(source: RangedSource, sectorSize: number, sector: number): Promise<Structure | undefined> {
  const offset = sector * sectorSize;
  if (sector < 0 || offset + sectorSize > source.size) return undefined;
  const bytes = await source.read(offset, sectorSize);
  const anchor = new Structure('Anchor Volume Descriptor Pointer', offset, bytes);
  return tagOf(anchor) === TAG.anchor && anchor.u32(12) === sector ? anchor : undefined;
}

async function mount(source: RangedSource, sectorSize: number, anchor: Structure): Promise<UdfVolume> {
  const sequence = await readSequence(source, sectorSize, anchor);
  const volume = sequence.logicalVolume;
  if (volume === undefined) throw anchor.corrupt('neither volume descriptor sequence has a Logical Volume Descriptor');
  const blockSize = volume.u32(212);
  if (blockSize !== sectorSize)
    throw volume.corrupt(`its logical block has ${blockSize} bytes, expected ${sectorSize}`);
  const physical = new Map<number, Partition>();
  for (const [number, descriptor] of sequence.partitions) {
    const start = descriptor.u32(188);
    const length = descriptor.u32(192);
    checkComplete(source, (start + length) * blockSize, descriptor);
    physical.set(number, physicalPartition(start, length, blockSize, source.size));
  }
  const partitions: Partition[] = [];
  for (const map of partitionMaps(volume)) {
    const base = physical.get(map.partition);
    if (base === undefined) throw volume.corrupt(`it names partition ${map.partition}, which has no descriptor`);
    partitions.push(map.kind === 'physical' ? base : await openMetadata(source, blockSize, base, map, volume));
  }
  const blocks: Blocks = { source, blockSize, partitions };
  const fileSet = await readBlock(blocks, longAllocation(volume, 248), volume);
  expectTag(fileSet, TAG.fileSet);
  const label = dstring(volume, 84, 128) || dstring(fileSet, 112, 128);
  return { blocks, label, root: longAllocation(fileSet, 400), fileSet };
}

/** A download that broke off: the first structures are there, the files are not. */
function checkComplete(source: RangedSource, expected: number, partition: Structure): void {
  if (expected <= source.size) return;
  throw new IngotError(
    'iso.truncated',
    `Expected at least ${expected} bytes in ${source.name}, as its partition descriptor says, found ${source.size}`,
    {
      remedy: 'The file is incomplete: download or copy it again and compare its checksum.',
      evidence: [`structure: Partition Descriptor`, `offset: ${partition.offset}`],
    },
  );
}

/** The metadata partition's blocks, by its main file or, when that cannot be read, by the mirror. */
async function openMetadata(
  source: RangedSource,
  blockSize: number,
  base: Partition,
  map: PartitionMap,
  owner: Structure,
): Promise<Partition> {
  const blocks: Blocks = { source, blockSize, partitions: [base] };
  let failure: unknown;
  for (const block of map.metadataFiles) {
    try {
      const file = await readFileEntry(blocks, { block, partition: 0 }, owner);
      return metadataPartition(file.extents, blockSize);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** The main sequence, or the reserve one when the main one holds no logical volume (ECMA-167 3/8.4.2.2). */
async function readSequence(source: RangedSource, sectorSize: number, anchor: Structure): Promise<Sequence> {
  const main = await walkSequence(source, sectorSize, anchor.u32(20), anchor.u32(16)).catch(() => undefined);
  if (main?.logicalVolume !== undefined && main.partitions.size > 0) return main;
  return walkSequence(source, sectorSize, anchor.u32(28), anchor.u32(24));
}

async function walkSequence(source: RangedSource, sectorSize: number, first: number, bytes: number): Promise<Sequence> {
  const sequence: Sequence = { logicalVolume: undefined, partitions: new Map() };
  let sector = first;
  let left = Math.min(Math.floor(bytes / sectorSize), MOST_DESCRIPTORS);
  let pointers = 0;
  for (let read = 0; left > 0 && read < MOST_DESCRIPTORS; read += 1) {
    const offset = sector * sectorSize;
    const descriptor = new Structure('Volume Descriptor', offset, await source.read(offset, sectorSize));
    sector += 1;
    left -= 1;
    const tag = tagOf(descriptor);
    if (tag === undefined || tag === TAG.terminating) break;
    if (tag === TAG.logicalVolume) sequence.logicalVolume = prevailing(sequence.logicalVolume, descriptor);
    if (tag === TAG.partition) {
      const number = descriptor.u16(22);
      sequence.partitions.set(number, prevailing(sequence.partitions.get(number), descriptor));
    }
    if (tag === TAG.volumePointer && pointers < MOST_POINTERS) {
      pointers += 1;
      sector = descriptor.u32(24);
      left = Math.min(Math.floor(descriptor.u32(20) / sectorSize), MOST_DESCRIPTORS);
    }
  }
  return sequence;
}

/** Of two descriptors of one kind the one with the higher sequence number holds. */
function prevailing(known: Structure | undefined, found: Structure): Structure {
  return known !== undefined && known.u32(16) > found.u32(16) ? known : found;
}
