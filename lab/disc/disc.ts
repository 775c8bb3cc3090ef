import { type FileHandle, open } from 'node:fs/promises';
import { type BootEntry, readBootEntries } from './el-torito.ts';
import { readIso9660 } from './iso9660.ts';
import { readUdf } from './udf.ts';

export const SECTOR = 2048;

/** A file of a disc: one contiguous extent, in bytes from the start of the disc. */
export interface DiscFile {
  /** Path as written on the disc, with `/`. */
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** What a file system reader found: the label and all files. */
export interface Volume {
  readonly label: string;
  readonly files: readonly DiscFile[];
}

/** Reads bytes of the disc; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** A CD as Windows sees it: names without regard to case, UDF before Joliet before plain ISO 9660. */
export class Disc {
  readonly label: string;
  readonly bootEntries: readonly BootEntry[];
  readonly #files: ReadonlyMap<string, DiscFile>;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, volume: Volume, bootEntries: readonly BootEntry[]) {
    this.#handle = handle;
    this.label = volume.label;
    this.bootEntries = bootEntries;
    this.#files = new Map(volume.files.map((file) => [file.path.toLowerCase(), file]));
  }

  /** Opens an image file; undefined if it is missing or holds no file system that Windows reads. */
  static async open(path: string): Promise<Disc | undefined> {
    const handle = await open(path, 'r').catch(() => undefined);
    if (handle === undefined) return undefined;
    const readAt: ReadAt = async (offset, length) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    try {
      const volume = (await readUdf(readAt)) ?? (await readIso9660(readAt));
      if (volume !== undefined) return new Disc(handle, volume, await readBootEntries(readAt));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // a descriptor that points outside: not a disc
    }
    await handle.close();
    return undefined;
  }

  find(path: string): DiscFile | undefined {
    return this.#files.get(path.toLowerCase());
  }

  /** Files directly or deeper below a folder. */
  below(folder: string): DiscFile[] {
    const prefix = `${folder.toLowerCase()}/`;
    return [...this.#files].filter(([path]) => path.startsWith(prefix)).map(([, file]) => file);
  }

  async read(file: DiscFile, start = 0, length = file.size - start): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, file.size - start)));
    await this.#handle.read(buffer, 0, buffer.length, file.offset + start);
    return buffer;
  }

  async text(path: string): Promise<string | undefined> {
    const file = this.find(path);
    return file === undefined ? undefined : (await this.read(file)).toString('utf8');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
