import { realpathSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IngotError } from '../common/failure.ts';

/** A file that is to be written: where it will be, and what is there now. */
export interface Output {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly existing: Stats | undefined;
}

/**
 * Where a new file may be written.
 *
 * @param force whether it may take the place of another
 * @throws IngotError `iso.output`: no such folder, something that is no regular file, or a file without `force`
 */
export function checkOutput(path: string, force: boolean): Output {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing === undefined) return { path: join(realpathSync(dirname(path)), basename(path)), existing };
    if (!existing.isFile()) throw refused(path, 'something that is no file', 'Name a file.');
    if (!force) throw refused(path, 'one', 'Name another file, or replace this one with --force.');
    return { path: realpathSync(path), existing };
  } catch (cause) {
    if (cause instanceof IngotError) throw cause;
    throw refused(path, reason(cause), 'Name a folder that is there and can be written to.', cause);
  }
}

/**
 * Writes a file under a temporary name in the same folder and gives it its own when it is whole. Whatever happens, the
 * name shows the old file, the new one, or none, never a part.
 *
 * @param write makes the file with the name it is given (`wx`: it is not there)
 * @throws IngotError `iso.output` when the system refuses to write, and what `write` throws
 */
export async function writeOutput<T>(
  output: Output,
  force: boolean,
  write: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = join(dirname(output.path), `.ingot-${process.pid}-${Date.now().toString(36)}.part`);
  try {
    const result = await write(temporary);
    // Somebody else may have been quicker.
    checkOutput(output.path, force);
    await rename(temporary, output.path);
    return result;
  } catch (cause) {
    await rm(temporary, { force: true });
    if (!isSystemError(cause)) throw cause;
    throw refused(output.path, reason(cause), 'Check the space and the permissions of the folder.', cause);
  }
}

/**
 * Writes chunks one after another, the next one being made while one is written. A chunk is not used any more once
 * the chunk after the next is asked for: two buffers are enough.
 *
 * @param skip leaves a hole for chunks that it says yes to; the file must be empty there
 */
export async function writeChunks(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  skip: (chunk: Uint8Array) => boolean = () => false,
): Promise<number> {
  let offset = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      await writing;
      signal.throwIfAborted();
      if (!skip(chunk)) {
        writing = writeAll(handle, chunk, offset);
        // Its failure is heard at the next `await writing`, or not at all if reading fails before.
        writing.catch(() => undefined);
      }
      offset += chunk.length;
    }
  } finally {
    await writing;
  }
  return offset;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, offset + done);
    done += bytesWritten;
  }
}

function refused(path: string, found: string, remedy: string, cause?: unknown): IngotError {
  return new IngotError('iso.output', `Expected to write a new file ${path}, found ${found}`, { remedy, cause });
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && !(error instanceof IngotError);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
