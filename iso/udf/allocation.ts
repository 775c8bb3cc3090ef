import { unsupported } from '../corrupt.ts';
import { addExtent, type Extent, MOST_EXTENTS } from '../filesystem.ts';
import type { RangedSource } from '../source.ts';
import { readStructure, type Structure } from '../structure.ts';
import type { Partition } from './partition.ts';
import { expectTag, TAG, TAG_LENGTH } from './tag.ts';

/** The logical volume as file entries see it. */
export interface Blocks {
  readonly source: RangedSource;
  readonly blockSize: number;
  readonly partitions: readonly Partition[];
}

/** A long allocation descriptor (ECMA-167 4/14.14.2). */
export interface LongAllocation {
  /** Bytes. */
  readonly length: number;
  readonly block: number;
  /** Index into the partition maps. */
  readonly partition: number;
}

export function longAllocation(owner: Structure, at: number): LongAllocation {
  return { length: owner.u32(at) & LENGTH_MASK, block: owner.u32(at + 4), partition: owner.u16(at + 8) };
}

/** The extents of a place that a structure names, checked against its partition. */
export function resolve(blocks: Blocks, place: LongAllocation, owner: Structure): readonly Extent[] {
  const partition = blocks.partitions[place.partition];
  if (partition === undefined)
    throw owner.corrupt(`it names partition reference ${place.partition}, which is not there`);
  return partition.resolve(place.block, place.length, owner);
}

/** One block of the volume as a structure; it may lie in any partition, but in one piece. */
export async function readBlock(
  blocks: Blocks,
  place: Omit<LongAllocation, 'length'>,
  owner: Structure,
): Promise<Structure> {
  const [extent] = resolve(blocks, { ...place, length: blocks.blockSize }, owner);
  if (extent === undefined || extent.offset === null || extent.length !== blocks.blockSize) {
    throw owner.corrupt(`block ${place.block} is not recorded in one piece`);
  }
  return readStructure(blocks.source, 'block', extent.offset, blocks.blockSize);
}

const LENGTH_MASK = 0x3fffffff;
const TYPE_RECORDED = 0;
const TYPE_CONTINUED = 3;
/** Kinds of allocation descriptors in the ICB flags (ECMA-167 4/14.6.8), and their lengths in bytes. */
const SHORT = 0;
const LONG = 1;
const EXTENDED = 2;
export const EMBEDDED = 3;

/**
 * The extents of a file: walks its allocation descriptors and their continuations, in bounds.
 *
 * @param area the descriptors inside the file entry
 * @param kind ICB flags bits 0 to 2: short, long or extended descriptors
 * @param size the file's length in bytes; what lies beyond it is not part of the file
 * @param home partition reference of the file entry, which short descriptors refer to
 */
export async function fileExtents(
  blocks: Blocks,
  area: Structure,
  kind: number,
  size: number,
  home: number,
): Promise<readonly Extent[]> {
  const extents: Extent[] = [];
  const visited = new Set<number>();
  let left = size;
  let pieces = 0;
  let current: Structure | undefined = area;
  while (current !== undefined && left > 0) {
    if (visited.has(current.offset)) throw current.corrupt('allocation descriptors go round in a circle');
    visited.add(current.offset);
    let next: LongAllocation | undefined;
    for (const { type, place } of descriptors(current, kind, home)) {
      if (type === TYPE_CONTINUED) {
        next = place;
        break;
      }
      if (left === 0) break;
      const length = Math.min(place.length, left);
      const found =
        type === TYPE_RECORDED ? resolve(blocks, { ...place, length }, current) : [{ offset: null, length }];
      // Pieces, not extents: what joins to one run still takes its time.
      pieces += found.length;
      if (pieces > MOST_EXTENTS) throw area.corrupt(`the file has more than ${MOST_EXTENTS} pieces`);
      for (const extent of found) addExtent(extents, extent, area);
      left -= length;
    }
    current = next === undefined ? undefined : await continuation(blocks, next, current);
  }
  if (left > 0) throw area.corrupt(`its allocation descriptors hold ${size - left} bytes, but the file has ${size}`);
  return extents;
}

function* descriptors(area: Structure, kind: number, home: number): Generator<{ type: number; place: LongAllocation }> {
  const length = kind === SHORT ? 8 : kind === LONG ? 16 : 20;
  if (kind !== SHORT && kind !== LONG && kind !== EXTENDED) {
    throw unsupported(area.name, area.offset, `allocation descriptors of kind ${kind} are not read`);
  }
  for (let at = 0; at + length <= area.length; at += length) {
    const first = area.u32(at);
    const bytes = first & LENGTH_MASK;
    if (bytes === 0) return;
    // An extended descriptor has two more lengths before its place.
    const place =
      kind === SHORT ? { block: area.u32(at + 4), partition: home } : longAllocation(area, kind === LONG ? at : at + 8);
    yield { type: first >>> 30, place: { ...place, length: bytes } };
  }
}

async function continuation(blocks: Blocks, place: LongAllocation, owner: Structure): Promise<Structure> {
  const block = await readBlock(blocks, place, owner);
  expectTag(block, TAG.allocationExtent);
  return block.part('Allocation Extent Descriptor', TAG_LENGTH + 8, block.u32(20));
}
