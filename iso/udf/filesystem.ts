import { directoryCache, type FileSystem, type Node, readDirectoryBytes, sameName } from '../filesystem.ts';
import type { RangedSource } from '../source.ts';
import { Structure } from '../structure.ts';
import { type LongAllocation, longAllocation } from './allocation.ts';
import { type FileEntry, readFileEntry } from './entry.ts';
import { compressedUnicode, expectTag, TAG } from './tag.ts';
import { mountUdf, type UdfVolume } from './volume.ts';

const DELETED = 0x04;
const PARENT = 0x08;
/** Length of a File Identifier Descriptor without its name (ECMA-167 4/14.4). */
const FIXED_LENGTH = 38;

/** What a directory says of one file or folder. */
interface Entry {
  readonly name: string;
  readonly icb: LongAllocation;
  /** Absolute offset of the descriptor. */
  readonly offset: number;
}

interface Found {
  readonly entry: Entry;
  readonly node: FileEntry;
}

/** Opens the UDF file system of an image that announces one (ECMA-167, OSTA UDF 1.02 to 2.60). */
export async function openUdf(source: RangedSource): Promise<FileSystem> {
  const { blocks, label, root, fileSet } = await mountUdf(source);
  const cached = directoryCache<readonly Entry[]>();
  const read = (node: FileEntry) => cached(node.offset, node.size, () => readDirectory(blocks, node));

  async function find(path: string): Promise<Found | undefined> {
    let entry: Entry = { name: '', icb: root, offset: fileSet.offset };
    let node = await readFileEntry(blocks, root, fileSet);
    const passed = new Set<number>();
    for (const name of path.split('/').filter(Boolean)) {
      if (!node.directory) return undefined;
      passed.add(node.offset);
      const next = (await read(node)).find((candidate) => sameName(candidate.name, name));
      if (next === undefined) return undefined;
      const owner = new Structure('File Identifier Descriptor', next.offset, Buffer.alloc(0));
      entry = next;
      node = await readFileEntry(blocks, next.icb, owner);
      if (passed.has(node.offset)) throw owner.corrupt(`the folder “${next.name}” contains itself`);
    }
    return { entry, node };
  }

  return {
    kind: 'udf',
    volumeLabel: label,
    async list(path) {
      const found = await find(path);
      if (found === undefined || !found.node.directory) return undefined;
      return (await read(found.node)).map((entry) => entry.name);
    },
    async lookup(path): Promise<Node | undefined> {
      const found = await find(path);
      if (found === undefined) return undefined;
      const { entry, node } = found;
      if (node.directory) return { kind: 'directory', name: entry.name };
      return { kind: 'file', name: entry.name, size: node.size, extents: node.extents };
    },
  };
}

async function readDirectory(blocks: UdfVolume['blocks'], node: FileEntry): Promise<readonly Entry[]> {
  const directory = await readDirectoryBytes(blocks.source, {
    name: 'directory',
    size: node.size,
    extents: node.extents,
  });
  const entries: Entry[] = [];
  for (let at = 0; at + FIXED_LENGTH <= directory.length; ) {
    const nameLength = directory.u8(at + 19);
    const extra = directory.u16(at + 36);
    const length = (FIXED_LENGTH + extra + nameLength + 3) & ~3;
    const descriptor = directory.part('File Identifier Descriptor', at, Math.min(length, directory.length - at));
    expectTag(descriptor, TAG.fileIdentifier);
    if ((descriptor.u8(18) & (DELETED | PARENT)) === 0) {
      const name = compressedUnicode(descriptor.slice(FIXED_LENGTH + extra, nameLength), descriptor);
      entries.push({ name, icb: longAllocation(descriptor, 20), offset: descriptor.offset });
    }
    at += length;
  }
  return entries;
}
