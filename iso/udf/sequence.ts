import { isCorrupt } from '../corrupt.ts';
import type { RangedSource } from '../source.ts';
import { readStructure, type Structure } from '../structure.ts';
import { TAG, tagOf } from './tag.ts';

/** The prevailing descriptors of a volume descriptor sequence (ECMA-167 3/8.4.2). */
export interface Sequence {
  readonly logicalVolume: Structure;
  /** By partition number. */
  readonly partitions: ReadonlyMap<number, Structure>;
}

/** Optical media first: 2048. Images of disks come with the others. */
const SECTOR_SIZES = [2048, 512, 4096, 1024] as const;
const ANCHOR_SECTOR = 256;
const MOST_DESCRIPTORS = 256;
const MOST_POINTERS = 16;

export interface Anchor {
  readonly structure: Structure;
  readonly sectorSize: number;
}

/** The anchors of an image: at sector 256, at the last one, and 256 before it (ECMA-167 3/8.4.2.1). */
export async function* findAnchors(source: RangedSource): AsyncGenerator<Anchor> {
  for (const sectorSize of SECTOR_SIZES) {
    const sectors = Math.floor(source.size / sectorSize);
    for (const sector of [ANCHOR_SECTOR, sectors - 1, sectors - 1 - ANCHOR_SECTOR]) {
      const offset = sector * sectorSize;
      if (sector < 0 || offset + sectorSize > source.size) continue;
      const structure = await readStructure(source, 'Anchor Volume Descriptor Pointer', offset, sectorSize);
      if (tagOf(structure) === TAG.anchor && structure.u32(12) === sector) yield { structure, sectorSize };
    }
  }
}

/** The main sequence, or the reserve one when the main one cannot be used (ECMA-167 3/8.4.2.2). */
export async function readSequence(source: RangedSource, { structure, sectorSize }: Anchor): Promise<Sequence> {
  for (const at of [16, 24]) {
    try {
      const sequence = await walk(source, sectorSize, structure.u32(at + 4), structure.u32(at));
      if (sequence !== undefined) return sequence;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
    }
  }
  throw structure.corrupt('neither volume descriptor sequence has a Logical Volume and a Partition Descriptor');
}

async function walk(
  source: RangedSource,
  sectorSize: number,
  first: number,
  bytes: number,
): Promise<Sequence | undefined> {
  let logicalVolume: Structure | undefined;
  const partitions = new Map<number, Structure>();
  let sector = first;
  let left = Math.floor(bytes / sectorSize);
  let pointers = 0;
  for (let read = 0; left > 0 && read < MOST_DESCRIPTORS; read += 1) {
    const descriptor = await readStructure(source, 'Volume Descriptor', sector * sectorSize, sectorSize);
    sector += 1;
    left -= 1;
    const tag = tagOf(descriptor);
    if (tag === undefined || tag === TAG.terminating) break;
    if (tag === TAG.logicalVolume) logicalVolume = prevailing(logicalVolume, descriptor);
    if (tag === TAG.partition) {
      const number = descriptor.u16(22);
      partitions.set(number, prevailing(partitions.get(number), descriptor));
    }
    if (tag === TAG.volumePointer && pointers < MOST_POINTERS) {
      pointers += 1;
      sector = descriptor.u32(24);
      left = Math.floor(descriptor.u32(20) / sectorSize);
    }
  }
  return logicalVolume === undefined || partitions.size === 0 ? undefined : { logicalVolume, partitions };
}

/** Of two descriptors of one kind the one with the higher sequence number holds. */
function prevailing(known: Structure | undefined, found: Structure): Structure {
  return known !== undefined && known.u32(16) > found.u32(16) ? known : found;
}
