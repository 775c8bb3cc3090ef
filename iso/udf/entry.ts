import { unsupported } from '../corrupt.ts';
import type { Extent } from '../filesystem.ts';
import type { Structure } from '../structure.ts';
import { type Blocks, EMBEDDED, fileExtents, type LongAllocation, readBlock } from './allocation.ts';
import { expectTag, TAG } from './tag.ts';

const DIRECTORY = 4;
const STRATEGY_SIMPLE = 4;

/** A (extended) file entry: ECMA-167 4/14.9 and 4/14.17. */
export interface FileEntry {
  readonly directory: boolean;
  /** Bytes. */
  readonly size: number;
  readonly extents: readonly Extent[];
}

/** Reads the file entry at a block of the volume. */
export async function readFileEntry(
  blocks: Blocks,
  icb: Omit<LongAllocation, 'length'>,
  owner: Structure,
): Promise<FileEntry> {
  const entry = await readBlock(blocks, icb, owner);
  const extended = expectTag(entry, TAG.fileEntry, TAG.extendedFileEntry) === TAG.extendedFileEntry;
  const strategy = entry.u16(20);
  if (strategy !== STRATEGY_SIMPLE) throw unsupported('ICB Tag', entry.offset + 16, `strategy ${strategy} is not read`);
  const size = entry.u64(56);
  const attributes = entry.u32(extended ? 208 : 168);
  const area = entry.part('File Entry', (extended ? 216 : 176) + attributes, entry.u32(extended ? 212 : 172));
  const kind = entry.u16(34) & 7;
  return {
    directory: entry.u8(27) === DIRECTORY,
    size,
    extents: kind === EMBEDDED ? embedded(area, size) : await fileExtents(blocks, area, kind, size, icb.partition),
  };
}

function embedded(area: Structure, size: number): readonly Extent[] {
  if (size > area.length) throw area.corrupt(`the file has ${size} bytes, but only ${area.length} are embedded`);
  return size === 0 ? [] : [{ offset: area.offset, length: size }];
}
