import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../common/failure.ts';
import type { HttpOptions } from './http/client.ts';
import { claimPartial, type PartialFile, removePartials } from './http/partial-file.ts';
import { openHttpStream } from './http-stream.ts';

export interface DownloadOptions extends HttpOptions {
  /** What the file must have: 64 hexadecimal digits. */
  readonly sha256: string;
  /** Bytes that are there, and of how many, if the server says so. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}

export interface Downloaded {
  /** `FOLDER/sha256-<64 digits>.iso`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** It was there already, whole: nothing was asked of the server. */
  readonly reused: boolean;
}

/**
 * Downloads a file to a name that says what is in it: who finds it there has the content. It takes that name only when
 * it is whole and its digest is right. A download that broke off is gone on with, also by another process of this machine;
 * two at once do not disturb each other.
 *
 * @throws IngotError `media.sha256` (names both digests), `iso.download` (the folder cannot be written to), and what
 *   `openHttpStream` throws
 */
export async function downloadTo(url: string, folder: string, options: DownloadOptions): Promise<Downloaded> {
  const sha256 = options.sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new IngotError('media.sha256', `expected a SHA-256 of 64 hexadecimal digits, found “${options.sha256}”`, {
      remedy: 'take the one that the publisher of the file gives',
    });
  }
  const name = `sha256-${sha256}.iso`;
  const path = join(folder, name);
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() === true) return { path, size: there.size, reused: true };
  await mkdir(folder, { recursive: true }).catch(refused(folder));
  using partial = await claimPartial(folder, name).catch(refused(folder));
  const size = await fetched(url, partial, { ...options, sha256 });
  await rename(partial.path, path).catch(refused(path));
  await removePartials(folder, name).catch(() => undefined);
  return { path, size, reused: false };
}

/** Fills the partial file and checks it. What an earlier try left may be wrong: then all is fetched anew, once. */
async function fetched(url: string, partial: PartialFile, options: DownloadOptions): Promise<number> {
  for (let from = partial.size; ; from = 0) {
    try {
      return await fetchFrom(url, partial.path, from, options);
    } catch (error) {
      const code = error instanceof IngotError ? error.code : '';
      const wrong = code === 'media.sha256' || code === 'iso.source-changed';
      if (wrong) await rm(partial.path, { force: true });
      if (!wrong || from === 0) throw error;
    }
  }
}

async function fetchFrom(url: string, path: string, offset: number, options: DownloadOptions): Promise<number> {
  const { sha256, onProgress, signal } = options;
  const hash = createHash('sha256');
  if (offset > 0) await hashFile(path, hash, signal);
  await using stream = await openHttpStream(url, { ...options, offset });
  await using file = await open(path, offset === 0 ? 'w' : 'r+').catch(refused(path));
  let done = offset;
  for await (const chunk of stream) {
    hash.update(chunk);
    await write(file, chunk, done, path);
    done += chunk.length;
    onProgress?.(done, stream.size);
  }
  await file.sync().catch(refused(path));
  const found = hash.digest('hex');
  if (found === sha256) return done;
  throw new IngotError('media.sha256', `expected ${stream.name} to have the SHA-256 ${sha256}, found ${found}`, {
    remedy: 'correct the SHA-256 in the image file, or find out who changed the file on the server',
    evidence: [`size: ${done}`],
  });
}

async function hashFile(path: string, hash: Hash, signal: AbortSignal | undefined): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk);
}

async function write(file: FileHandle, chunk: Uint8Array, position: number, path: string): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, at, chunk.length - at, position + at).catch(refused(path));
    at += bytesWritten;
  }
}

function refused(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IngotError('iso.download', `Expected to write the download to ${path}, found: ${reason}`, {
      cause,
      remedy: 'Make room, or choose another folder.',
    });
  };
}
