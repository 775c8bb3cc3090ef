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

/** Makes what takes the bytes of one try, in their order: a transfer that broke begins anew, with another one. */
export type GuestSink = () => (bytes: Uint8Array) => Promise<void> | void;

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
 * Reads a file of the guest from an offset on: InitiateFileTransferFromGuest, then one streamed GET, which a file without
 * anything new is spared. The size of the file when the transfer began, which is as far as it is read though it may have
 * grown meanwhile; undefined when there is no such file.
 */
export async function downloadFromGuest(
  target: GuestTarget,
  path: string,
  sink: GuestSink,
  { signal, from = 0 }: ReadOptions & { readonly from?: number | undefined } = {},
): Promise<number | undefined> {
  const { vc, vm, auth, files } = target;
  return retried(signal, async () => {
    const params = { vm, auth, guestFilePath: path };
    const info = await vc.call('InitiateFileTransferFromGuest', files, params, { signal }).catch((error: unknown) => {
      if (isFault(error, 'FileNotFound')) return undefined;
      throw error;
    });
    if (info === undefined) return undefined;
    const { size, url } = info;
    const take = sink();
    if (size <= from) return size;
    return transfer(target, url, `reading ${path}`, signal, async (host, what) => {
      // No document says whether ranges are honoured: both answers are taken.
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-${size - 1}` } : {};
      const answer = await host.http.request({ method: 'GET', path: host.path, headers, signal, answerMs: ANSWER_MS });
      if (answer.statusCode !== 200 && answer.statusCode !== 206) await answer.body.dump();
      expectSuccess(answer, what);
      let at = answer.statusCode === 206 ? from : 0;
      for await (const chunk of pieces(answer, what)) {
        const bytes = chunk.subarray(Math.max(0, from - at), Math.max(0, size - at));
        at += chunk.length;
        if (bytes.length > 0) await take(bytes);
      }
      if (at < size) throw broken(`${what}: expected ${size} bytes, the transfer ended after ${at}`);
      return size;
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
    if (!(error instanceof IngotError)) throw error;
    // Neither names vCenter: it may be an ESXi host that is not reached.
    if (error.code === 'vsphere.lost-answer') throw broken(`${named}: the connection broke`);
    if (error.code === 'vsphere.unreachable') throw broken(`${named}: there is no connection`);
    throw error;
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

/** The body; a connection that breaks in its middle is told apart from what the taker of the bytes throws. */
async function* pieces({ body }: HttpAnswer, what: string): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch(() => {
        throw broken(`${what}: the connection broke`);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
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
    remedy:
      'Look at the network between here and vCenter or the ESXi host (name, port), and whether VMware Tools run; build again.',
  });
}
