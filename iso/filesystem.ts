import { corrupt } from './corrupt.ts';
import { checkRange, type RangedSource } from './source.ts';

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

/** Most entries that one directory may have. A Windows ISO has at most some thousand. */
export const MAX_DIRECTORY_BYTES = 8 * 1024 * 1024;

export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
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
  if (file.size > limit) throw corrupt('file', 0, `${file.name} has ${file.size} bytes, expected at most ${limit}`);
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
