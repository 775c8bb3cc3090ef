import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import type { LiveConnection } from './connect.ts';
import { moveInto, Stranded } from './move.ts';
import { fileFailure, isMissing, request, stat } from './sftp.ts';

/** What a single SFTP request may carry with every server (OpenSSH allows 256 KiB, older ones less). */
const CHUNK = 32_768;
/** Requests in flight: 2 MiB, enough for 1 Gbit/s at 16 ms round trip. */
const IN_FLIGHT = 64;

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Bytes written so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files in the guest over one connection. Paths are SFTP paths, such as `/C:/ProgramData/x`. */
export class RemoteFiles {
  readonly #live: LiveConnection;
  readonly #signal: AbortSignal;

  constructor(live: LiveConnection, signal: AbortSignal) {
    this.#live = live;
    this.#signal = signal;
  }

  /** The bytes of a file; undefined when it does not exist. */
  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await request<Buffer>(this.#live, this.#signal, (sftp, done) => sftp.readFile(path, done));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failure(error, `read ${path}`);
    }
  }

  /** Writes a file whole: readers see the old bytes or the new ones. The folder must exist. */
  write(path: string, bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes);
    return this.#replace(path, (handle) =>
      this.#transfer(handle, buffer.length, async (offset, length) => buffer.subarray(offset, offset + length)),
    );
  }

  /** Copies a local file of any size, pipelined, memory flat. */
  async upload(localPath: string, path: string, onProgress?: TransferOptions['onProgress']): Promise<void> {
    await using file = await open(localPath);
    const { size } = await file.stat();
    await this.#replace(path, (handle) =>
      this.#transfer(
        handle,
        size,
        async (offset, length) => {
          const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
          if (bytesRead !== length) throw new Error(`${localPath} has become shorter while it was read`);
          return buffer;
        },
        onProgress,
      ),
    );
  }

  async exists(path: string): Promise<boolean> {
    return (await this.size(path)) !== undefined;
  }

  /** Size in bytes; undefined when there is no such file. */
  async size(path: string): Promise<number | undefined> {
    try {
      return (await stat(this.#live, this.#signal, path))?.size;
    } catch (error) {
      throw this.#failure(error, `look for ${path}`);
    }
  }

  /** Removes a file; one that does not exist is no failure. */
  async remove(path: string): Promise<void> {
    try {
      await request(this.#live, this.#signal, (sftp, done) => sftp.unlink(path, (error) => done(error, undefined)));
    } catch (error) {
      if (!isMissing(error)) throw this.#failure(error, `remove ${path}`);
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
      if ((await this.size(path)) === undefined) throw this.#failure(error, `make the folder ${path}`);
    }
  }

  /**
   * Fills a temporary file beside `path` and moves it into place: whatever breaks off before that leaves the old file. On
   * Windows the new file has the access list that it inherits from its folder, whatever list of its own the old one had:
   * SFTP knows none.
   */
  async #replace(path: string, fill: (handle: Buffer) => Promise<void>): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.ingot`;
    const send = <T>(operation: Parameters<typeof request<T>>[2]) => request<T>(this.#live, this.#signal, operation);
    try {
      const handle = await send<Buffer>((sftp, done) => sftp.open(temporary, 'w', done));
      try {
        await fill(handle);
      } finally {
        await send((sftp, done) => sftp.close(handle, (error) => done(error, undefined)));
      }
      await moveInto(this.#live, this.#signal, temporary, path);
    } catch (error) {
      // Removed as far as that is still possible; what counts is the first failure.
      if (!(error instanceof Stranded))
        await request(this.#live, AbortSignal.timeout(5000), (sftp, done) =>
          sftp.unlink(temporary, (failed) => done(failed, undefined)),
        ).catch(() => {});
      throw this.#failure(error, `write ${path}`);
    }
  }

  async #transfer(
    handle: Buffer,
    total: number,
    read: (offset: number, length: number) => Promise<Buffer>,
    onProgress?: TransferOptions['onProgress'],
  ): Promise<void> {
    let next = 0;
    let written = 0;
    const worker = async () => {
      while (next < total) {
        const offset = next;
        const length = Math.min(CHUNK, total - offset);
        next += length;
        const chunk = await read(offset, length);
        await request(this.#live, this.#signal, (sftp, done) =>
          sftp.write(handle, chunk, 0, length, offset, (error) => done(error, undefined)),
        );
        written += length;
        onProgress?.(written, total);
      }
    };
    const workers = Array.from({ length: Math.min(IN_FLIGHT, Math.ceil(total / CHUNK)) }, worker);
    try {
      await Promise.all(workers);
    } catch (error) {
      next = total;
      await Promise.allSettled(workers);
      throw error;
    }
  }

  #failure(error: unknown, doing: string): unknown {
    return fileFailure(error, this.#live, this.#signal, doing);
  }
}
