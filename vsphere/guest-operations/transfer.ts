import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { Uploaded, UploadSource } from '../datastore-transfer.ts';
import { isFault } from '../fault.ts';
import type { HttpAnswer } from '../http.ts';
import type { ReadOptions } from '../properties.ts';
import type { GuestTarget } from './target.ts';
import { type TransferHost, transferHost } from './transfer-host.ts';

export interface GuestUploadOptions extends ReadOptions {
  /** Bytes sent so far; they begin anew when the upload does. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface GuestDownload {
  /** Bytes of the file when the transfer began. */
  readonly size: number;
  /** SHA-256 (hex) of all its bytes; undefined when it was not read from its start. */
  readonly sha256: string | undefined;
  readonly bytes: Buffer;
}

/** Waits before the second and later tries of a transfer that broke. */
const BACK_OFF_MS = [250, 1000, 4000];
/** Until the host answers: it passes the bytes on to VMware Tools piece by piece. */
const ANSWER_MS = 5 * 60_000;

/**
 * Writes a file in the guest, replacing one that is there: InitiateFileTransferToGuest, then one streamed PUT. Sent again
 * from the start, with a new URL, when the connection broke. The folder must exist. Throws VsphereFault,
 * `vsphere.guest-transfer` (retryable), what the source throws.
 */
export async function uploadToGuest(
  target: GuestTarget,
  path: string,
  source: UploadSource,
  { signal, onProgress }: GuestUploadOptions = {},
): Promise<Uploaded> {
  const { vc, vm, auth, files } = target;
  return retried(signal, async () => {
    const params = {
      vm,
      auth,
      guestFilePath: path,
      fileAttributes: { $type: 'GuestWindowsFileAttributes' } as const,
      fileSize: source.size,
      overwrite: true,
    };
    const url = await vc.call('InitiateFileTransferToGuest', files, params, { signal, repeatable: true });
    return transfer(target, url, `writing ${path}`, signal, async (host, what) => {
      const hash = createHash('sha256');
      let bytes = 0;
      async function* body(): AsyncGenerator<Uint8Array> {
        for await (const piece of source.open()) {
          hash.update(piece);
          bytes += piece.length;
          // A piece's memory may be used again as soon as the next one is asked for.
          yield Uint8Array.from(piece);
          onProgress?.(bytes);
        }
      }
      const answer = await host.http.request({
        method: 'PUT',
        path: host.path,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(source.size) },
        body: body(),
        signal,
        answerMs: ANSWER_MS,
      });
      await answer.body.dump();
      expectSuccess(answer, what);
      return { bytes, sha256: hash.digest('hex') };
    });
  });
}

/**
 * Reads a file of the guest from an offset on: InitiateFileTransferFromGuest, then one GET, which a file without anything
 * new is spared. undefined when there is no such file. Only `size` bytes, though the file may have grown meanwhile.
 */
export async function downloadFromGuest(
  target: GuestTarget,
  path: string,
  { signal, from = 0 }: ReadOptions & { readonly from?: number } = {},
): Promise<GuestDownload | undefined> {
  const { vc, vm, auth, files } = target;
  return retried(signal, async () => {
    const params = { vm, auth, guestFilePath: path };
    const info = await vc.call('InitiateFileTransferFromGuest', files, params, { signal }).catch((error: unknown) => {
      if (isFault(error, 'FileNotFound')) return undefined;
      throw error;
    });
    if (info === undefined) return undefined;
    const { size, url } = info;
    if (size <= from) return { size, sha256: size === 0 ? digestOf([]) : undefined, bytes: Buffer.alloc(0) };
    return transfer(target, url, `reading ${path}`, signal, async (host, what) => {
      // No document says whether ranges are honoured: both answers are taken.
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-${size - 1}` } : {};
      const answer = await host.http.request({ method: 'GET', path: host.path, headers, signal, answerMs: ANSWER_MS });
      if (answer.statusCode !== 200 && answer.statusCode !== 206) await answer.body.dump();
      expectSuccess(answer, what);
      const begins = answer.statusCode === 206 ? from : 0;
      const all = await collected(answer, size - begins);
      if (all.length < size - begins)
        throw broken(`${what}: expected ${size} bytes, the transfer ended after ${begins + all.length}`);
      return { size, sha256: begins === 0 ? digestOf([all]) : undefined, bytes: all.subarray(from - begins) };
    });
  });
}

/** Runs one transfer; its errors never carry the URL, which holds a token. */
async function transfer<T>(
  { vc, vm }: GuestTarget,
  url: string,
  what: string,
  signal: AbortSignal | undefined,
  work: (host: TransferHost, what: string) => Promise<T>,
): Promise<T> {
  const host = await transferHost(vc, vm, url, { signal });
  const { address } = host.http;
  const named = `${what} over ${address.host}:${address.port}`;
  try {
    return await work(host, named);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof IngotError) || error.code !== 'vsphere.lost-answer') throw error;
    throw broken(`${named}: the connection broke`);
  } finally {
    await host.close();
  }
}

async function retried<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const pause = BACK_OFF_MS[tries];
      const passing = error instanceof IngotError && error.code === 'vsphere.guest-transfer' && error.retryable;
      if (!passing || pause === undefined) throw error;
      await delay(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

async function collected({ body }: HttpAnswer, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).subarray(0, limit);
}

function digestOf(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function expectSuccess({ statusCode }: HttpAnswer, what: string): void {
  if (statusCode >= 200 && statusCode < 300) return;
  throw new IngotError('vsphere.guest-transfer', `${what}: expected HTTP 200, found ${statusCode}`, {
    retryable: statusCode >= 500 || statusCode === 429,
    remedy:
      statusCode === 404
        ? 'The URL of a transfer holds for one use and a few minutes: is there a proxy that fetches it first?'
        : 'Look at hostd.log of the ESXi host and at vmware.log of the VM; build again.',
  });
}

function broken(message: string): IngotError {
  return new IngotError('vsphere.guest-transfer', message, {
    retryable: true,
    remedy: 'Look at the network between here and vCenter or the ESXi host, and whether VMware Tools run; build again.',
  });
}
