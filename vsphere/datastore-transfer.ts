import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { brokenError, fullError, fullErrorIfSo, statusError } from './datastore-errors.ts';
import { datastorePath, folderUrl } from './datastore-path.ts';
import { type PutEnd, putOnce, type UploadSource } from './datastore-put.ts';
import type { DatastoreLocation } from './inventory.ts';

export type { UploadSource } from './datastore-put.ts';

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes sent so far, after each piece; they begin anew when the upload does. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Told why the upload begins anew; default: an event of the connection. */
  readonly log?: ((message: string) => void) | undefined;
  /** Milliseconds in which vCenter takes no byte, after which the connection is given up; default 2 minutes. */
  readonly stallMs?: number | undefined;
  /** Milliseconds to wait before the second and each later try; default 0, 1, 5 and 15 s. */
  readonly backOffMs?: readonly number[] | undefined;
}

export interface Uploaded {
  readonly bytes: number;
  /** SHA-256 of what was sent, hexadecimal. */
  readonly sha256: string;
}

// Waits before the second and later tries: a connection that was cut once is often fine at once.
const BACK_OFF_MS = [0, 1000, 5000, 15_000];
// A proxy before vCenter, or vCenter while a service of it restarts.
const PASSING_STATUS = [429, 502, 503, 504];
const STALL_MS = 2 * 60_000;

/**
 * Writes a file on a datastore in one streamed PUT; its folder must exist. vCenter gives no way to go on with a broken
 * one, so it is sent again from the start: when the connection broke, when vCenter was busy, and once when the session
 * had expired. What a PUT that failed has left on the datastore stays there.
 *
 * Throws `datastore.full`, `datastore.denied` (401, 403, 404: a missing right, or a missing folder), `datastore.source`
 * (the source is not as long as it said), `datastore.upload` (retryable), the signal's reason, what the source throws.
 */
export async function upload(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<Uploaded> {
  const { signal, onProgress, stallMs = STALL_MS, backOffMs = BACK_OFF_MS } = options;
  const log = options.log ?? ((message: string) => vc.onEvent({ type: 'retry', message }));
  const what = `uploading ${datastorePath(location.name, path)}`;
  const failed: string[] = [];
  let told = 0;
  const tell = (bytes: number) => {
    told = bytes;
    onProgress?.(bytes);
  };
  for (let renewed = false; ; ) {
    const { generation } = vc.session;
    const end = await putOnce(vc, location, path, source, { signal, onProgress: tell, stallMs });
    if (end.kind === 'done') {
      // The answer may be there before the last piece is known to have left.
      if (told !== end.bytes) tell(end.bytes);
      return { bytes: end.bytes, sha256: end.sha256 };
    }
    if (end.kind === 'refused' && end.status === 401 && !renewed) {
      await vc.session.renew(generation, signal);
      renewed = true;
      log(`${what}: the session had expired after ${end.bytes} bytes; logged in, sent again from the start`);
      continue;
    }
    const error = await errorOf(end, { vc, location, what, size: source.size, signal });
    failed.push(error.message);
    const pause = backOffMs[failed.length - 1];
    const passing = end.kind === 'broken' || PASSING_STATUS.includes(end.status);
    if (error.code !== 'datastore.upload' || !passing) throw error;
    if (pause === undefined) throw lastError(error, failed);
    const when = pause === 0 ? '' : ` in ${pause / 1000} s`;
    log(`${error.message}; sent again from the start${when}, try ${failed.length + 1} of ${backOffMs.length + 1}`);
    await delay(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Writes a small text file. */
export function uploadText(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  text: string,
  options: UploadOptions = {},
): Promise<Uploaded> {
  const bytes = Buffer.from(text, 'utf8');
  return upload(vc, location, path, { size: bytes.length, open: () => [bytes] }, options);
}

/** Reads a file of a datastore. Throws `datastore.denied` (a missing right, or no such file), `datastore.download`. */
export async function download(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Readable> {
  const what = `downloading ${datastorePath(location.name, path)}`;
  for (let renewed = false; ; renewed = true) {
    const { generation } = vc.session;
    const answer = await vc.session.soap.http.request({
      method: 'GET',
      path: folderUrl(location.datacenterPath, location.name, path),
      headers: { cookie: vc.session.soap.cookie ?? '' },
      signal: options.signal,
    });
    if (answer.statusCode === 200) return answer.body;
    await answer.body.dump();
    if (answer.statusCode !== 401 || renewed) throw statusError(what, location, answer.statusCode);
    await vc.session.renew(generation, options.signal);
  }
}

interface Upload {
  readonly vc: Vsphere;
  readonly location: DatastoreLocation;
  readonly what: string;
  /** Bytes. */
  readonly size: number;
  readonly signal: AbortSignal | undefined;
}

async function errorOf(end: Exclude<PutEnd, { kind: 'done' }>, upload: Upload): Promise<IngotError> {
  const { vc, location, what, size, signal } = upload;
  if (end.kind === 'broken') {
    return (
      (await fullErrorIfSo(vc, location, size - end.bytes, what, signal)) ?? brokenError(what, end.bytes, end.cause)
    );
  }
  const { status } = end;
  if (status === 507) return fullError(what, location.name);
  const full = status >= 500 ? await fullErrorIfSo(vc, location, size, what, signal) : undefined;
  return full ?? statusError(what, location, status);
}

function lastError(error: IngotError, failed: readonly string[]): IngotError {
  const { retryable, unreachable, timedOut, remedy, cause } = error;
  const message = `${error.message}; given up after ${failed.length} tries`;
  return new IngotError(error.code, message, { retryable, unreachable, timedOut, remedy, cause, evidence: failed });
}
