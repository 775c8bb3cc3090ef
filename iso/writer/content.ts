import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import { SECTOR } from '../sector.ts';
import type { FileState, IsoEntry, IsoFile, SizedEntry } from './tree.ts';

/** Sizes and offsets of a disc are 32 bits: Windows and Linux read files up to 4 GiB less a sector. */
const LARGEST_FILE = 2 ** 32 - SECTOR;

/**
 * Adds the sizes.
 *
 * @throws IngotError `iso.file`: missing, no regular file, or 4 GiB and more
 */
export async function measured(entry: IsoEntry): Promise<SizedEntry> {
  if ('folder' in entry) return entry;
  if ('data' in entry) return sized(entry.path, { data: entry.data }, entry.data.length);
  const state = entry.state ?? (await fileState(entry.file));
  return sized(entry.path, { file: entry.file, state }, state.size);
}

function sized(path: string, content: IsoFile['content'], size: number): SizedEntry {
  if (size <= LARGEST_FILE) return { path, content, size };
  throw new IngotError('iso.file', `Expected files under 4 GiB on the disc, found ${path} with ${size} bytes`, {
    remedy: 'Leave it out, or copy it to the guest later.',
  });
}

async function fileState(path: string): Promise<FileState> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return found;
  const what = found === undefined ? 'nothing' : 'something else';
  throw new IngotError('iso.file', `Expected a file at ${path}, found ${what}`, { remedy: 'Check the path.' });
}

/** Bytes that are read once, from the beginning to the end. */
export interface Content {
  readonly length: number;
  /** Fills `into` with what follows `from`. */
  read(into: Buffer, from: number): void | Promise<void>;
  /** After the last byte: whether the file still is what it was. */
  check?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

export function memoryContent(bytes: Uint8Array): Content {
  return { length: bytes.length, read: (into, from) => into.set(bytes.subarray(from, from + into.length)) };
}

export function zeros(length: number): Content {
  return { length, read: (into) => void into.fill(0) };
}

/**
 * The bytes of a file on the disc.
 *
 * @param sync read synchronously
 * @throws IngotError `iso.file` when it cannot be opened; `iso.file-changed` when it is not what it was
 */
export function fileContent(file: IsoFile, sync: boolean): Content {
  const { content } = file;
  if ('data' in content) {
    if (content.data.length !== file.size) throw changed(file, content.data.length);
    return memoryContent(content.data);
  }
  return sync ? syncContent(file, content) : asyncContent(file, content);
}

interface Source {
  readonly file: string;
  readonly state: FileState;
}

function syncContent(file: IsoFile, source: Source): Content {
  let fd: number | undefined;
  const opened = () => {
    try {
      fd ??= openSync(source.file, 'r');
      return fd;
    } catch (cause) {
      throw unreadable(file, cause);
    }
  };
  return {
    length: file.size,
    read(into, from) {
      for (let done = 0; done < into.length; ) {
        const count = readSync(opened(), into, done, into.length - done, from + done);
        if (count === 0) throw changed(file, from + done);
        done += count;
      }
    },
    check: () => checkState(file, source.state, fstatSync(opened())),
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function asyncContent(file: IsoFile, source: Source): Content {
  let handle: FileHandle | undefined;
  const opened = async () => {
    handle ??= await open(source.file, 'r').catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
    return handle;
  };
  return {
    length: file.size,
    async read(into, from) {
      const reading = await opened();
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await reading.read(into, done, into.length - done, from + done);
        if (bytesRead === 0) throw changed(file, from + done);
        done += bytesRead;
      }
    },
    check: async () => checkState(file, source.state, await (await opened()).stat()),
    close: () => handle?.close(),
  };
}

function checkState(file: IsoFile, expected: FileState, found: FileState): void {
  if (found.size !== expected.size) throw changed(file, found.size);
  if (found.mtimeMs !== expected.mtimeMs || found.ino !== expected.ino) throw changed(file, 'others');
}

function changed(file: IsoFile, found: number | 'others'): IngotError {
  return new IngotError('iso.file-changed', `Expected the ${file.size} bytes of ${file.path}, found ${found}`, {
    remedy: 'Something wrote to the file while the disc was made: do it again.',
    retryable: true,
  });
}

function unreadable(file: IsoFile, cause: unknown): IngotError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new IngotError('iso.file', `Expected to read ${file.path}, found: ${why}`, {
    remedy: 'Check the file and its permissions.',
    cause,
  });
}
