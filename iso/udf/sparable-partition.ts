import { isCorrupt } from '../corrupt.ts';
import type { Extent } from '../filesystem.ts';
import type { RangedSource } from '../source.ts';
import { readStructure, type Structure } from '../structure.ts';
import type { Partition, PhysicalPartition } from './partition.ts';
import { tagOf } from './tag.ts';

/** What begins a Sparing Table (UDF 2.2.12): a tag of no kind, then the name. */
const SPARING_TAG = 0;
const SPARING_TABLE = '*UDF Sparing Table';
const MOST_TABLES = 4;
const LARGEST_TABLE = 64 * 1024;
/** Original locations from here on say that an entry is free or broken. */
const UNUSED = 0xfffffff0;

/**
 * A sparable partition (UDF 2.2.9): rewritable discs lose blocks, and packets with such blocks lie elsewhere.
 *
 * @param map the partition map, which names the copies of the sparing table
 */
export async function openSparable(
  source: RangedSource,
  blockSize: number,
  base: PhysicalPartition,
  map: Structure,
): Promise<Partition> {
  const packetBlocks = map.u16(40);
  const spared = await readTable(source, blockSize, map);
  if (spared.size === 0) return base;
  if (packetBlocks === 0) throw map.corrupt('its packets have 0 blocks');
  const packets = [...spared].sort(([a], [b]) => a - b);
  return {
    resolve(block, length, owner) {
      const [whole] = base.resolve(block, length, owner);
      if (whole === undefined || whole.offset === null) return [];
      const begin = block * blockSize;
      const end = begin + length;
      const found: Extent[] = [];
      let at = begin;
      for (const [original, mapped] of packets) {
        const packet = original * blockSize;
        const from = Math.max(packet, at);
        const to = Math.min(packet + packetBlocks * blockSize, end);
        if (from >= to) continue;
        if (from > at) found.push({ offset: whole.offset + (at - begin), length: from - at });
        const offset = mapped * blockSize + (from - packet);
        if (offset + (to - from) > source.size) {
          throw owner.corrupt(`block ${block} was moved to ${offset}, but the file ends at ${source.size}`);
        }
        found.push({ offset, length: to - from });
        at = to;
      }
      if (at < end) found.push({ offset: whole.offset + (at - begin), length: end - at });
      return found;
    },
  };
}

/** Moved packets: first block in the partition to sector in the image. The first table that is whole counts. */
async function readTable(
  source: RangedSource,
  blockSize: number,
  map: Structure,
): Promise<ReadonlyMap<number, number>> {
  const count = map.u8(42);
  const size = map.u32(44);
  if (count === 0 || count > MOST_TABLES)
    throw map.corrupt(`it has ${count} sparing tables, expected 1 to ${MOST_TABLES}`);
  if (size > LARGEST_TABLE) throw map.corrupt(`its sparing table has ${size} bytes, at most ${LARGEST_TABLE} are read`);
  for (let index = 0; index < count; index += 1) {
    try {
      const table = await readStructure(source, 'Sparing Table', map.u32(48 + 4 * index) * blockSize, size);
      if (tagOf(table) === SPARING_TAG && table.latin1(17, SPARING_TABLE.length) === SPARING_TABLE)
        return entries(table);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
    }
  }
  throw map.corrupt(`none of its ${count} sparing tables can be read`);
}

function entries(table: Structure): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (let index = 0; index < table.u16(48); index += 1) {
    const original = table.u32(56 + 8 * index);
    if (original < UNUSED) found.set(original, table.u32(60 + 8 * index));
  }
  return found;
}
