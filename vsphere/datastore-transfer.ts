import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { datastorePath, folderUrl } from './datastore-path.ts';
import type { HttpAnswer } from './http.ts';
import type { DatastoreLocation } from './inventory.ts';

/** Bytes that can be read from the start again: a session may expire during an upload. */
export interface UploadSource {
  /** In bytes; sent as Content-Length. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes sent so far, after each chunk. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface Uploaded {
  readonly bytes: number;
  /** SHA-256 of what was sent, hexadecimal. */
  readonly sha256: string;
}

// A slow datastore may take its time to close a file of gigabytes.
const FINISH_MS = 10 * 60_000;

/**
 * Writes a file on a datastore in one streamed PUT; its folder must exist. vCenter gives no way to go on with a broken
 * one. Memory stays flat; the digest is computed on the way.
 *
 * Throws `datastore.full`, `datastore.denied` (401, 403, 404: a missing right, or a missing folder), `datastore.source`
 * (the source is not as long as it said), `datastore.upload` (retryable), the signal's reason.
 */
export async function upload(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<Uploaded> {
  const { signal } = options;
  const what = `uploading ${datastorePath(location.name, path)}`;
  for (let renewed = false; ; renewed = true) {
    const { generation } = vc.session;
    const hash = createHash('sha256');
    const state = { bytes: 0, sourceError: undefined as unknown };
    let answer: HttpAnswer;
    try {
      answer = await vc.session.soap.http.request({
        method: 'PUT',
        path: folderUrl(location.datacenterPath, location.name, path),
        headers: {
          cookie: vc.session.soap.cookie ?? '',
          'content-type': 'application/octet-stream',
          'content-length': String(source.size),
        },
        body: Readable.from(measured(source, hash, state, options), { objectMode: false }),
        signal,
        answerMs: FINISH_MS,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      if (state.sourceError !== undefined) throw state.sourceError;
      throw (await fullError(vc, location, source.size - state.bytes, what)) ?? brokenError(what, state.bytes, error);
    }
    await answer.body.dump();
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return { bytes: state.bytes, sha256: hash.digest('hex') };
    if (statusCode === 401 && !renewed) {
      await vc.session.renew(generation, signal);
      continue;
    }
    throw statusCode === 507
      ? full(what, location.name)
      : ((statusCode >= 500 ? await fullError(vc, location, source.size, what) : undefined) ??
          statusError(what, location, statusCode));
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

async function* measured(
  source: UploadSource,
  hash: ReturnType<typeof createHash>,
  state: { bytes: number; sourceError: unknown },
  { onProgress }: UploadOptions,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source.open()) {
      hash.update(chunk);
      state.bytes += chunk.length;
      yield chunk;
      onProgress?.(state.bytes);
    }
    if (state.bytes !== source.size) {
      throw new IngotError('datastore.source', `expected ${source.size} bytes to upload, found ${state.bytes}`, {
        remedy: 'The file changed while it was read; run the build again.',
      });
    }
  } catch (error) {
    state.sourceError = error;
    throw error;
  }
}

function full(what: string, datastore: string): IngotError {
  return new IngotError('datastore.full', `${what}: datastore ${datastore} has no room for it`, {
    remedy: `Free space on ${datastore}, or choose another datastore in the image file.`,
  });
}

/** vCenter rarely says why it refused; the free space does. */
async function fullError(
  vc: Vsphere,
  location: DatastoreLocation,
  missing: number,
  what: string,
): Promise<IngotError | undefined> {
  try {
    const values = await vc.read(location.ref, ['summary.freeSpace']);
    return values['summary.freeSpace'] < missing ? full(what, location.name) : undefined;
  } catch {
    return undefined;
  }
}

function brokenError(what: string, bytes: number, cause: unknown): IngotError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new IngotError('datastore.upload', `${what}: broke off after ${bytes} bytes: ${reason}`, {
    cause,
    retryable: true,
    unreachable: cause instanceof IngotError && cause.unreachable,
    remedy: 'vCenter also closes the connection without a word when the file is in use by a VM: detach it there first.',
  });
}

function statusError(what: string, location: DatastoreLocation, status: number): IngotError {
  if (status === 401 || status === 403 || status === 404) {
    return new IngotError('datastore.denied', `${what}: vCenter answered HTTP ${status}`, {
      remedy:
        `Check that the folder exists on ${location.name}, and give the account Datastore.Browse and Datastore.FileManagement ` +
        `on the datacenter /${location.datacenterPath} and on the datastore: vCenter answers 401 or 404 where they are missing.`,
    });
  }
  return new IngotError('datastore.upload', `${what}: expected HTTP 200 or 201, found ${status}`, {
    retryable: status >= 500,
    remedy: 'An encrypted datastore also needs Cryptographer.Access. Look at the log of vCenter (vpxd).',
  });
}
