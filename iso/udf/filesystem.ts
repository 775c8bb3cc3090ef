import { type FileSystem, fileSource, MAX_DIRECTORY_BYTES, type Node, sameName } from '../filesystem.ts';
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

interface Entry {
  readonly name: string;
  readonly icb: LongAllocation;
  readonly owner: Structure;
}

/** Opens the UDF file system of an image that announces one (ECMA-167, OSTA UDF 1.02 to 2.60). */
export async function openUdf(source: RangedSource): Promise<FileSystem> {
  const volume = await mountUdf(source);
  const volumeBlocks = volume.blocks;
  const root: Entry = { name: '', icb: volume.root, owner: volume.fileSet };

  async function find(path: string): Promise<{ entry: Entry; node: FileEntry } | undefined> {
    let entry = root;
    let node = await readFileEntry(volumeBlocks, root.icb, root.owner);
    for (const name of path.split('/').filter(Boolean)) {
      if (!node.directory) return undefined;
      const next = (await readDirectory(volumeBlocks, node)).find((candidate) => sameName(candidate.name, name));
      if (next === undefined) return undefined;
      entry = next;
      node = await readFileEntry(volumeBlocks, next.icb, next.owner);
    }
    return { entry, node };
  }

  return {
    kind: 'udf',
    volumeLabel: volume.label,
    async list(path) {
      const found = await find(path);
      if (found === undefined || !found.node.directory) return undefined;
      return (await readDirectory(volumeBlocks, found.node)).map((entry) => entry.name);
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
  const first = node.extents[0]?.offset ?? 0;
  const whole = new Structure('directory', first, Buffer.alloc(0));
  if (node.size > MAX_DIRECTORY_BYTES)
    throw whole.corrupt(`it has ${node.size} bytes, at most ${MAX_DIRECTORY_BYTES} are read`);
  const file = { kind: 'file', name: 'directory', size: node.size, extents: node.extents } as const;
  const directory = new Structure('directory', first, await fileSource(blocks.source, file).read(0, node.size));
  const entries: Entry[] = [];
  for (let at = 0; at + FIXED_LENGTH <= directory.length; ) {
    const nameLength = directory.u8(at + 19);
    const extra = directory.u16(at + 36);
    const length = (FIXED_LENGTH + extra + nameLength + 3) & ~3;
    const descriptor = directory.part('File Identifier Descriptor', at, Math.min(length, directory.length - at));
    expectTag(descriptor, TAG.fileIdentifier);
    if ((descriptor.u8(18) & (DELETED | PARENT)) === 0) {
      const name = compressedUnicode(descriptor.slice(FIXED_LENGTH + extra, nameLength), descriptor);
      entries.push({ name, icb: longAllocation(descriptor, 20), owner: descriptor });
    }
    at += length;
  }
  return entries;
}
