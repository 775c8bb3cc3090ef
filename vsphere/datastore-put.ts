import { createHash } from 'node:crypto';
import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { folderUrl } from './datastore-path.ts';
import type { DatastoreLocation } from './inventory.ts';

/** Bytes that can be read from the start again: a session may expire during an upload. */
export interface UploadSource {
  /** In bytes; sent as Content-Length. */
  readonly size: number;
  /** A piece must stay as it is until the next is asked for, no longer: its memory may be used again. */
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface PutOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((bytes: number) => void) | undefined;
  readonly stallMs: number;
}

/** How one PUT ended; `bytes` of the source were taken for it. What the source or the signal threw is thrown. */
export type PutEnd = { readonly bytes: number } & (
  | { readonly kind: 'done'; readonly sha256: string }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'broken'; readonly cause: unknown }
);

// A slow datastore may take its time to close a file of gigabytes.
const FINISH_MS = 10 * 60_000;
// A socket takes a piece of this size or more only when all before it has left (its high-water mark in Node.js).
const QUEUED_BYTES = 64 * 1024;

/** Sends a file once, from its start. The digest is computed on the way, no piece is copied, memory stays flat. */
export async function putOnce(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  source: UploadSource,
  { signal, onProgress, stallMs }: PutOptions,
): Promise<PutEnd> {
  const hash = createHash('sha256');
  const stalled = new AbortController();
  const state = { bytes: 0, source: undefined as { readonly error: unknown } | undefined, over: false };
  const timer = setTimeout(() => stalled.abort(stallError(stallMs)), stallMs);

  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source.open()) {
        if (state.over) return;
        hash.update(chunk);
        state.bytes += chunk.length;
        if (state.bytes === source.size) clearTimeout(timer);
        // A short piece may still be in the socket's queue when the source writes the next one over it.
        yield chunk.length < QUEUED_BYTES ? Uint8Array.from(chunk) : chunk;
        if (state.over) return;
        if (state.bytes < source.size) timer.refresh();
        onProgress?.(state.bytes);
      }
      if (state.bytes !== source.size) throw sizeError(source.size, state.bytes);
    } catch (error) {
      state.source = { error };
      throw error;
    }
  }

  try {
    const { statusCode, body: answer } = await vc.session.soap.http.request({
      method: 'PUT',
      path: folderUrl(location.datacenterPath, location.name, path),
      headers: {
        cookie: vc.session.soap.cookie ?? '',
        'content-type': 'application/octet-stream',
        'content-length': String(source.size),
      },
      body: body(),
      signal: AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]),
      answerMs: FINISH_MS,
    });
    await answer.dump();
    const { bytes } = state;
    if (statusCode < 200 || statusCode >= 300) return { kind: 'refused', status: statusCode, bytes };
    if (bytes === source.size) return { kind: 'done', bytes, sha256: hash.digest('hex') };
    return { kind: 'broken', bytes, cause: new Error(`HTTP ${statusCode} before all was sent`) };
  } catch (error) {
    signal?.throwIfAborted();
    if (state.source !== undefined) throw state.source.error;
    return { kind: 'broken', bytes: state.bytes, cause: error };
  } finally {
    clearTimeout(timer);
    state.over = true;
  }
}

function sizeError(expected: number, found: number): IngotError {
  return new IngotError('datastore.source', `expected ${expected} bytes to upload, found ${found}`, {
    remedy: 'The file changed while it was read; run the build again.',
  });
}

function stallError(stallMs: number): IngotError {
  return new IngotError('datastore.upload', `vCenter has taken no byte for ${Math.round(stallMs / 1000)} s`, {
    timedOut: true,
    retryable: true,
  });
}
