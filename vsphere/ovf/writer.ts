import { createHash } from 'node:crypto';
import { access, constants, type FileHandle, mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';

/** A file of a package as it was written. */
export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** For the digests that vCenter tells of its own. */
  readonly sha1: string;
}

/** What is known of a package before its disks are there. */
export interface PackagePlan {
  /** The descriptor as it will be, but for the sizes of files. */
  readonly descriptor: string;
  /** Names of the disks and other files, in the order of the descriptor. */
  readonly files: readonly string[];
}

/** Takes a package, in the order of its methods. Under its final name there is nothing before `finish`. */
export interface PackageWriter {
  begin(plan: PackagePlan): Promise<void>;
  /** Writes one file. The bytes are written before the next are asked for. */
  file(name: string, bytes: AsyncIterable<Uint8Array>): Promise<WrittenFile>;
  /** Adds descriptor and manifest, and gives the package its name. The path of the .ovf or .ova, and those two files. */
  finish(descriptor: string, manifest: (descriptor: WrittenFile) => string): Promise<FinishedPackage>;
  /** Takes away what is not finished. */
  discard(): Promise<void>;
}

export interface FinishedPackage {
  readonly path: string;
  readonly descriptor: WrittenFile;
  readonly manifest: WrittenFile;
}

/** A partial file that was not written to for so long is of an export that died. */
const DEAD_MS = 15 * 60_000;

/** What takes bytes at a place: a FileHandle. */
export interface Pieces {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** Writes pieces of a file from a place on, with both digests on the way: it ends at `place + bytes`. Throws `ovf.no-space`. */
export async function writePieces(
  handle: Pieces,
  place: number,
  name: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<WrittenFile> {
  const [sha256, sha1] = [createHash('sha256'), createHash('sha1')];
  let bytes = 0;
  for await (const piece of pieces) {
    sha256.update(piece);
    sha1.update(piece);
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await handle
        .write(piece, done, piece.length - done, place + bytes + done)
        .catch(fullError);
      done += bytesWritten;
    }
    bytes += piece.length;
  }
  return { name, bytes, sha256: sha256.digest('hex'), sha1: sha1.digest('hex') };
}

/**
 * Opens a file that only this export writes. One that a dead export left is taken; one that somebody writes is `ovf.busy`.
 */
export async function openPartial(path: string): Promise<FileHandle> {
  for (let second = false; ; second = true) {
    try {
      return await open(path, 'wx');
    } catch (error) {
      if (second || !(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        throw writeError(path, error);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs < DEAD_MS) {
        throw new IngotError('ovf.busy', `expected nobody else to write ${path}, found that it grows`, {
          retryable: true,
          remedy: 'Another export works in that folder: wait until it is through. Of a dead one, delete the file.',
        });
      }
      await rm(path, { force: true });
    }
  }
}

/** Makes a folder where it is missing. Throws `ovf.write` for one that cannot be written to. */
export async function requireFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw writeError(path, error);
  }
}

/**
 * Words of warning if the file system of a folder has less room than that. No more: vCenter knows how long the files of a VM
 * are (HttpNfcLeaseDeviceUrl.fileSize), not what they come to in a package, which is compressed.
 */
export async function scarceSpace(folder: string, bytes: number): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return undefined;
  const gigabytes = (count: number) => `${(count / 2 ** 30).toFixed(1)} GiB`;
  return `${folder} has ${gigabytes(bavail * bsize)} free; the files of the VM are ${gigabytes(bytes)}, before they are compressed`;
}

export function writeError(path: string, cause: unknown): IngotError {
  return new IngotError('ovf.write', `expected to be able to write ${path}, found: ${reason(cause)}`, {
    cause,
    remedy: 'Check the rights on the folder, and that its file system is not read-only.',
  });
}

function fullError(error: unknown): never {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    throw new IngotError('ovf.no-space', 'expected room for the export, found that the file system is full', {
      cause: error,
      remedy: 'Free space there, or export into another folder.',
    });
  }
  throw error;
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
