import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';

/**
 * Bytes that can be read in ranges: a local file, a part of another source, later a URL or a datastore file.
 * All readers of this room take one and never more than they need. A source obeys the AbortSignal it was opened with.
 */
export interface RangedSource {
  /** What to call it in messages: a path or URL. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. Rejects with `iso.truncated` when the source ends before, so that no caller
   * handles short reads.
   */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A source that holds something open until it is closed. */
export interface OpenSource extends RangedSource, AsyncDisposable {
  close(): Promise<void>;
}

/**
 * Opens a local file for ranged reads.
 *
 * @throws IngotError `iso.open` when it is missing, not readable or not a regular file
 */
export async function openFileSource(path: string): Promise<OpenSource> {
  // Opening a pipe would wait for who writes to it.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new IngotError('iso.open', `Expected a readable file at ${path}, found: ${reason(cause)}`, {
      remedy: 'Check the path and its permissions.',
      cause,
    });
  });
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new IngotError('iso.open', `Expected a regular file at ${path}, found something else`, {
      remedy: stat.isDirectory() ? 'Name the ISO file itself: an extracted ISO cannot be used.' : 'Check the path.',
    });
  }
  const close = () => handle.close();
  return {
    name: path,
    size: stat.size,
    async read(offset, length) {
      checkRange(path, stat.size, offset, length);
      const buffer = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) throw truncated(path, offset + done, offset, length);
        done += bytesRead;
      }
      return buffer;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Bytes in memory as a source. */
export function bufferSource(bytes: Uint8Array, name = 'buffer'): RangedSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    name,
    size: buffer.length,
    async read(offset, length) {
      checkRange(name, buffer.length, offset, length);
      return buffer.subarray(offset, offset + length);
    },
  };
}

/** Rejects a range that is not inside a source of `size` bytes, before anything is allocated for it. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!valid || offset + length > size) throw truncated(name, size, offset, length);
}

function truncated(name: string, end: number, offset: number, length: number): IngotError {
  return new IngotError(
    'iso.truncated',
    `Expected ${length} bytes at offset ${offset} of ${name}, but it ends at ${end}`,
    {
      remedy: 'The file is incomplete or damaged: download or copy it again and compare its checksum.',
      evidence: [`offset: ${offset}`, `length: ${length}`, `size: ${end}`],
    },
  );
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
