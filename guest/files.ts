import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { posix } from 'node:path';
import type { FileEntry } from 'ssh2';
import type { LiveConnection } from './connect.ts';
import { moveInto, Stranded } from './move.ts';
import { fileFailure, isMissing, request, stat } from './sftp.ts';
import { type Range, type ReadInto, type RemoteHandle, receiveRange, sendRange } from './transfer.ts';
import { orAborted } from './wait.ts';

/** For tidying up after a failure or an abort. */
const TIDY_MS = 2000;
/** What is read whole is a file of settings or a report. */
const MOST_READ = 64 * 1024 * 1024;

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Bytes written so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly size: number;
}

/** Files in the guest over one connection. Paths are SFTP paths, such as `/C:/ProgramData/x`. */
export class RemoteFiles {
  readonly #live: LiveConnection;
  readonly #signal: AbortSignal;

  constructor(live: LiveConnection, signal: AbortSignal) {
    this.#live = live;
    this.#signal = signal;
  }

  /** The bytes of a file; undefined when it does not exist. Larger than 64 MiB is a failure: that is for download. */
  async read(path: string): Promise<Buffer | undefined> {
    try {
      const size = (await stat(this.#live, this.#signal, path))?.size ?? 0;
      if (size > MOST_READ) throw new Error(`${size} bytes, which is too large to be read whole`);
      return await request<Buffer>(this.#live, this.#signal, (sftp, done) => sftp.readFile(path, done));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.failure(error, `read ${path}`);
    }
  }

  /** Writes a file whole: readers see the old bytes or the new ones. The folder must exist. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes);
    const temporary = `${path}.${randomBytes(6).toString('hex')}.ingot`;
    try {
      await this.fill(temporary, 'w', { start: 0, end: buffer.length }, async (offset, into) => {
        buffer.copy(into, 0, offset);
      });
      await moveInto(this.#live, this.#signal, temporary, path);
    } catch (error) {
      // Removed as far as that is still possible; what counts is the first failure.
      if (!(error instanceof Stranded)) await this.#discard(temporary);
      throw this.failure(error, `write ${path}`);
    }
  }

  /**
   * Moves a finished file over another one. On Windows the new file has the access list that it inherits from its folder,
   * whatever list of its own the old one had: SFTP knows none.
   */
  async move(from: string, to: string): Promise<void> {
    try {
      await moveInto(this.#live, this.#signal, from, to);
    } catch (error) {
      if (!(error instanceof Stranded)) await this.#discard(from);
      throw this.failure(error, `write ${to}`);
    }
  }

  /** Writes a range of a file in place: `w` empties it first, `r+` leaves what is there. */
  async fill(
    path: string,
    flags: 'w' | 'r+',
    range: Range,
    read: ReadInto,
    wrote: (offset: number) => void = () => {},
  ): Promise<void> {
    await this.#opened(path, flags, (remote) => sendRange(remote, range, { read, wrote, signal: this.#signal }));
  }

  /** Reads a range of a file; `take` gets its bytes in order. */
  async pour(path: string, range: Range, take: (bytes: Buffer, offset: number) => Promise<void>): Promise<void> {
    await this.#opened(path, 'r', (remote) => receiveRange(remote, range, { take, signal: this.#signal }));
  }

  /** What is in a folder, without `.` and `..`; undefined when there is no such folder. */
  async list(path: string): Promise<readonly FolderEntry[] | undefined> {
    try {
      const entries = await request<FileEntry[]>(this.#live, this.#signal, (sftp, done) => sftp.readdir(path, done));
      return entries
        .filter(({ filename }) => filename !== '.' && filename !== '..')
        .map(({ filename, attrs }) => ({ name: filename, kind: kindOf(attrs.mode), size: attrs.size }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.failure(error, `list ${path}`);
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.size(path)) !== undefined;
  }

  /** Size in bytes; undefined when there is no such file. */
  async size(path: string): Promise<number | undefined> {
    try {
      return (await stat(this.#live, this.#signal, path))?.size;
    } catch (error) {
      throw this.failure(error, `look for ${path}`);
    }
  }

  /** Removes a file; one that does not exist is no failure. */
  async remove(path: string): Promise<void> {
    try {
      await request(this.#live, this.#signal, (sftp, done) => sftp.unlink(path, (error) => done(error, undefined)));
    } catch (error) {
      if (!isMissing(error)) throw this.failure(error, `remove ${path}`);
    }
  }

  /** Makes a folder and those above it; one that exists is no failure. */
  async makeFolder(path: string): Promise<void> {
    if ((await this.size(path)) !== undefined) return;
    const above = posix.dirname(path);
    if (above !== path && !/^\/?[A-Za-z]:\/?$/.test(above)) await this.makeFolder(above);
    try {
      await request(this.#live, this.#signal, (sftp, done) => sftp.mkdir(path, (error) => done(error, undefined)));
    } catch (error) {
      // Another channel may have made it in between; version 3 of the protocol has no code for "exists".
      if ((await this.size(path)) === undefined) throw this.failure(error, `make the folder ${path}`);
    }
  }

  async #opened(path: string, flags: 'r' | 'w' | 'r+', work: (remote: RemoteHandle) => Promise<void>): Promise<void> {
    const channel = await orAborted(this.#live.sftp(this.#signal), this.#signal, this.#live.lost);
    const handle = await request<Buffer>(this.#live, this.#signal, (sftp, done) => sftp.open(path, flags, done));
    const close = (signal: AbortSignal) =>
      request(this.#live, signal, (sftp, done) => sftp.close(handle, (error) => done(error, undefined)));
    try {
      await work({ live: this.#live, channel, handle });
    } catch (error) {
      await close(AbortSignal.timeout(TIDY_MS)).catch(() => {}); // What counts is the first failure.
      throw error;
    }
    await close(this.#signal);
  }

  async #discard(path: string): Promise<void> {
    await request(this.#live, AbortSignal.timeout(TIDY_MS), (sftp, done) =>
      sftp.unlink(path, (failed) => done(failed, undefined)),
    ).catch(() => {});
  }

  /** What an operation here rejected with, as a GuestError; aborts pass as they are. */
  failure(error: unknown, doing: string): unknown {
    return fileFailure(error, this.#live, this.#signal, doing);
  }
}

function kindOf(mode: number): FolderEntry['kind'] {
  const type = mode & constants.S_IFMT;
  return type === constants.S_IFREG ? 'file' : type === constants.S_IFDIR ? 'folder' : 'other';
}
