import { unsupported } from '../corrupt.ts';
import type { Extent } from '../filesystem.ts';
import type { Structure } from '../structure.ts';
import { type Blocks, EMBEDDED, fileExtents, type LongAllocation, readBlock } from './allocation.ts';
import { expectTag, TAG } from './tag.ts';

const STRATEGY_SIMPLE = 4;

/** File types of the ICB tag (ECMA-167 4/14.6.6, UDF 2.3.5.2) that are told apart. */
export const FILE_TYPE = { unspecified: 0, directory: 4, virtualAllocationTable: 248 } as const;

/** A (extended) file entry: ECMA-167 4/14.9 and 4/14.17. */
export interface FileEntry {
  readonly fileType: number;
  readonly directory: boolean;
  /** Bytes. */
  readonly size: number;
  readonly extents: readonly Extent[];
  /** Absolute offset of the entry. */
  readonly offset: number;
}

/** Reads the file entry at a block of the volume. */
export async function readFileEntry(
  blocks: Blocks,
  icb: Omit<LongAllocation, 'length'>,
  owner: Structure,
): Promise<FileEntry> {
  const block = await readBlock(blocks, icb, owner);
  const entry = block.part('File Entry', 0, block.length);
  const extended = expectTag(entry, TAG.fileEntry, TAG.extendedFileEntry) === TAG.extendedFileEntry;
  const strategy = entry.u16(20);
  if (strategy !== STRATEGY_SIMPLE) throw unsupported('ICB Tag', entry.offset + 16, `strategy ${strategy} is not read`);
  const size = entry.u64(56);
  const attributes = entry.u32(extended ? 208 : 168);
  const area = entry.part(
    'Allocation Descriptors',
    (extended ? 216 : 176) + attributes,
    entry.u32(extended ? 212 : 172),
  );
  const kind = entry.u16(34) & 7;
  const fileType = entry.u8(27);
  return {
    fileType,
    directory: fileType === FILE_TYPE.directory,
    size,
    extents: kind === EMBEDDED ? embedded(area, size) : await fileExtents(blocks, area, kind, size, icb.partition),
    offset: entry.offset,
  };
}

function embedded(area: Structure, size: number): readonly Extent[] {
  if (size > area.length) throw area.corrupt(`the file has ${size} bytes, but only ${area.length} are embedded`);
  return size === 0 ? [] : [{ offset: area.offset, length: size }];
}
