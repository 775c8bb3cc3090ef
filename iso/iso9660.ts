import { corrupt, unsupported } from './corrupt.ts';
import { decodeName, directoryRecord, type Entry, type RecordFormat } from './directory-record.ts';
import {
  addExtent,
  directoryCache,
  type Extent,
  type FileSystem,
  type Node,
  readDirectoryBytes,
  sameName,
} from './filesystem.ts';
import { readRockRidge, type SystemUse, systemUseSkip } from './rock-ridge.ts';
import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';
import { readStructure, type Structure } from './structure.ts';
import type { VolumeDescriptors } from './volume-descriptors.ts';

const BLOCK_SIZES = [512, 1024, SECTOR];

/** One of the trees of an image. */
interface Tree extends RecordFormat {
  /** undefined: no Rock Ridge. */
  readonly systemUse: SystemUse | undefined;
}

/**
 * Opens the Joliet tree of an image, as Windows does, or the ISO 9660 one, with Rock Ridge names where it has them;
 * undefined when it has neither.
 */
export async function openIso9660(
  source: RangedSource,
  descriptors: VolumeDescriptors,
): Promise<FileSystem | undefined> {
  const volume = descriptors.joliet ?? descriptors.primary;
  if (volume === undefined) return undefined;
  const blockSize = volume.u16(128);
  if (!BLOCK_SIZES.includes(blockSize)) {
    throw volume.corrupt(`its logical blocks have ${blockSize} bytes, expected ${BLOCK_SIZES.join(', ')}`);
  }
  const format = { source, blockSize, unicode: volume === descriptors.joliet };
  const root = directoryRecord(volume.part('Directory Record', 156, 34), format);
  const tree: Tree = { ...format, systemUse: format.unicode ? undefined : await findSystemUse(root, format) };
  const cached = directoryCache<readonly Entry[]>();
  const read = (directory: Entry) =>
    cached(offsetOf(directory), directory.node.size, () => readDirectory(tree, directory));

  async function find(path: string): Promise<Entry | undefined> {
    let entry: Entry = root;
    const passed = new Set<number>();
    for (const name of path.split('/').filter(Boolean)) {
      if (!entry.directory) return undefined;
      passed.add(offsetOf(entry));
      const entries: readonly Entry[] = await read(entry);
      const next = entries.find((candidate) => sameName(candidate.name, name));
      if (next === undefined) return undefined;
      if (next.directory && passed.has(offsetOf(next))) {
        throw corrupt('Directory Record', next.recordOffset, `the folder “${next.name}” contains itself`);
      }
      entry = next;
    }
    return entry;
  }

  return {
    kind: 'iso9660',
    volumeLabel: decodeName(volume.slice(40, 32), format.unicode).replace(/[ \0]+$/, ''),
    async list(path) {
      const found = await find(path);
      return found?.directory ? (await read(found)).map((entry) => entry.name) : undefined;
    },
    async lookup(path): Promise<Node | undefined> {
      const found = await find(path);
      if (found === undefined) return undefined;
      if (found.directory) return { kind: 'directory', name: found.name };
      if (found.unreadable !== undefined) {
        throw unsupported('Directory Record', found.recordOffset, `“${found.name}”: ${found.unreadable}`);
      }
      return found.node;
    },
  };
}

function offsetOf(entry: Entry): number {
  return entry.node.extents[0]?.offset ?? 0;
}

/** Rock Ridge announces itself in the first record of the root. */
async function findSystemUse(root: Entry, format: RecordFormat): Promise<SystemUse | undefined> {
  if (root.node.size === 0) return undefined;
  const skip = systemUseSkip(await firstRecord(format.source, offsetOf(root)));
  return skip === undefined ? undefined : { skip, blockSize: format.blockSize };
}

/** A directory's record of itself, its first. */
async function firstRecord(source: RangedSource, offset: number): Promise<Structure> {
  const length = (await readStructure(source, 'Directory Record', offset, 1)).u8(0);
  return readStructure(source, 'Directory Record', offset, length);
}

async function readDirectory(tree: Tree, entry: Entry): Promise<readonly Entry[]> {
  const directory = await readDirectoryBytes(tree.source, entry.node);
  const entries: Entry[] = [];
  let open: { readonly first: Entry; size: number; readonly extents: Extent[] } | undefined;
  for (let at = 0; at < directory.length; ) {
    const length = directory.u8(at);
    if (length === 0) {
      at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      continue;
    }
    const record = directory.part('Directory Record', at, length);
    at += length;
    if (record.u8(32) === 1 && record.u8(33) <= 1) continue; // this folder and its parent
    const part = await namedRecord(tree, record);
    if (part === undefined) continue;
    open ??= { first: part, size: 0, extents: [] };
    if (part.name !== open.first.name)
      throw record.corrupt(`expected more of “${open.first.name}”, found “${part.name}”`);
    for (const extent of part.node.extents) addExtent(open.extents, extent, record);
    open.size += part.node.size;
    if (part.more) continue;
    entries.push({ ...open.first, node: { ...open.first.node, size: open.size, extents: open.extents } });
    open = undefined;
  }
  if (open !== undefined) throw directory.corrupt(`expected more of “${open.first.name}”, found its end`);
  return entries;
}

/** The entry of a record under its Rock Ridge name; undefined when it is not to be listed. */
async function namedRecord(tree: Tree, record: Structure): Promise<Entry | undefined> {
  const entry = directoryRecord(record, tree);
  if (entry.associated) return undefined;
  if (tree.systemUse === undefined) return entry;
  const ridge = await readRockRidge(tree.source, record, tree.systemUse);
  if (ridge.relocated) return undefined;
  const name = ridge.name ?? entry.name;
  const unreadable = ridge.compressed ? 'files compressed by zisofs are not read' : entry.unreadable;
  const named = { ...entry, name, unreadable, node: { ...entry.node, name } };
  if (ridge.childLink === undefined) return named;
  const offset = ridge.childLink * tree.blockSize;
  const moved = directoryRecord(await firstRecord(tree.source, offset), tree);
  if (!moved.directory) throw record.corrupt(`its moved directory at ${offset} is none`);
  return { ...named, directory: true, more: false, node: { ...moved.node, name } };
}
