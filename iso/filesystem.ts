import { corrupt } from './corrupt.ts';
import { checkRange, type RangedSource } from './source.ts';
import { readStructure, type Structure } from './structure.ts';

/** A run of bytes of a file. `offset` is absolute in the image; null: the run is not recorded and reads as zeros. */
export interface Extent {
  readonly offset: number | null;
  readonly length: number;
}

export interface FileNode {
  readonly kind: 'file';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly extents: readonly Extent[];
}

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly name: string;
}

export type Node = FileNode | DirectoryNode;

/**
 * One file system of an image. Paths are separated by `/`, without a leading one; names compare without regard to
 * case, as Windows does.
 */
export interface FileSystem {
  readonly kind: 'udf' | 'iso9660';
  readonly volumeLabel: string;
  /** The entries of a folder, '' for the root; undefined when there is no such folder. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** The file or folder; undefined when there is none. */
  lookup(path: string): Promise<Node | undefined>;
}

/** Most bytes that one directory may have: about 25,000 entries. A Windows ISO has some thousand at most. */
const MAX_DIRECTORY_BYTES = 1024 * 1024;
/** Enough for a file of 100 GB in pieces of 1 MB. */
export const MOST_EXTENTS = 100_000;

export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

/** Adds a run of bytes to a file; runs that lie behind each other become one. */
export function addExtent(extents: Extent[], extent: Extent, owner: Structure): void {
  const last = extents.at(-1);
  const follows = last !== undefined && (last.offset === null ? null : last.offset + last.length) === extent.offset;
  if (follows) extents[extents.length - 1] = { offset: last.offset, length: last.length + extent.length };
  else if (extents.length < MOST_EXTENTS) extents.push(extent);
  else throw owner.corrupt(`the file has more than ${MOST_EXTENTS} extents`);
}

/** Keeps directories that were read, up to a limit in bytes, so that a path is not parsed again for each file in it. */
export function directoryCache<T>(): (offset: number, bytes: number, read: () => Promise<T>) => Promise<T> {
  const known = new Map<number, T>();
  let left = 4 * MAX_DIRECTORY_BYTES;
  return async (offset, bytes, read) => {
    const found = known.get(offset);
    if (found !== undefined) return found;
    const directory = await read();
    if (bytes <= left) {
      known.set(offset, directory);
      left -= bytes;
    }
    return directory;
  };
}

/** The bytes of a directory; its offset is that of its first extent. */
export async function readDirectoryBytes(image: RangedSource, file: Omit<FileNode, 'kind'>): Promise<Structure> {
  const first = file.extents[0]?.offset ?? 0;
  if (file.size > MAX_DIRECTORY_BYTES) {
    throw corrupt('directory', first, `it has ${file.size} bytes, at most ${MAX_DIRECTORY_BYTES} are read`);
  }
  const whole = await readStructure(fileSource(image, { ...file, kind: 'file' }), 'directory', 0, file.size);
  return whole.movedTo(first);
}

/** A file of an image as a source of its own: offsets count from the beginning of the file. */
export function fileSource(image: RangedSource, file: FileNode): RangedSource {
  return {
    name: `${image.name}!${file.name}`,
    size: file.size,
    async read(offset, length) {
      checkRange(file.name, file.size, offset, length);
      const parts: Buffer[] = [];
      let start = 0;
      for (const extent of file.extents) {
        if (start >= offset + length) break;
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + extent.length);
        if (from < to) {
          parts.push(
            extent.offset === null
              ? Buffer.alloc(to - from)
              : await image.read(extent.offset + (from - start), to - from),
          );
        }
        start += extent.length;
      }
      const only = parts[0];
      const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
      if (bytes.length !== length) throw corrupt('extents', offset, `${file.name} has fewer bytes than its size says`);
      return bytes;
    },
  };
}

/** The whole of a small file, at most `limit` bytes. */
export async function readFile(image: RangedSource, file: FileNode, limit: number): Promise<Buffer> {
  if (file.size > limit) {
    const first = file.extents[0]?.offset ?? 0;
    throw corrupt('file', first, `${file.name} has ${file.size} bytes, expected at most ${limit}`);
  }
  return fileSource(image, file).read(0, file.size);
}

/** The absolute offset of a file whose bytes lie in one piece; undefined when they do not. */
export function contiguousOffset(file: FileNode): number | undefined {
  const [first, ...rest] = file.extents;
  if (first?.offset === undefined || first.offset === null) return undefined;
  let end = first.offset + first.length;
  for (const extent of rest) {
    if (extent.offset !== end) return undefined;
    end += extent.length;
  }
  return first.offset;
}
