import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseContentRange } from '../common/content-range.ts';
import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { patternOf, searchDatastore } from './datastore-files.ts';
import { datastorePath, folderUrl } from './datastore-path.ts';
import type { HttpAnswer } from './http.ts';
import type { DatastoreLocation } from './inventory.ts';

/** A file of a datastore, to be read in ranges. */
export interface DatastoreSource extends AsyncDisposable {
  /** `[datastore] folder/file`. */
  readonly name: string;
  /** In bytes, as the datastore browser tells it. */
  readonly size: number;
  /** When it was written to: ISO 8601; undefined where vCenter does not say. */
  readonly modified: string | undefined;
  /** Exactly these bytes. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Ends reads that are under way; the connection is the caller's. */
  close(): Promise<void>;
}

export interface DatastoreSourceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before each further try after a connection that broke or an HTTP 5xx. Default 0, 1 and 4 s. */
  readonly backOffMs?: readonly number[] | undefined;
}

// vCenter's own restarts of a service take seconds.
const BACK_OFF_MS: readonly number[] = [0, 1000, 4000];

/**
 * Opens a file of a datastore for ranged reads: GET with `Range` on `/folder`, with the session's cookie, renewed once
 * when it has expired. That a real vCenter answers 206 there is likely, but not documented.
 *
 * Throws `datastore.missing`; a read throws `datastore.range` (outside of the file), `datastore.no-ranges`,
 * `datastore.changed`, `datastore.denied`, `datastore.download` (retryable), the signal's reason.
 */
export async function openDatastoreSource(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  { signal, backOffMs = BACK_OFF_MS }: DatastoreSourceOptions = {},
): Promise<DatastoreSource> {
  const name = datastorePath(location.name, path);
  // HEAD is not reliable there.
  const file = posix.basename(path);
  const folder = posix.dirname(path);
  const found = await searchDatastore(vc, location, folder === '.' ? '' : folder, [patternOf(file)], { signal });
  const { size, modified } = found?.find((entry) => entry.name === file && !entry.isFolder) ?? {};
  if (size === undefined) {
    throw new IngotError('datastore.missing', `expected the file ${name}, found none`, {
      remedy: `Look with: govc datastore.ls -ds '${location.name}' '${folder}'.`,
    });
  }
  const closing = new AbortController();
  const until = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
  const close = async () => closing.abort(new IngotError('datastore.closed', `${name} was closed while it was read`));
  const target: Target = { vc, name, size, url: folderUrl(location.datacenterPath, location.name, path) };
  return {
    name,
    size,
    modified,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        throw new IngotError(
          'datastore.range',
          `expected ${length} bytes at ${offset} of ${name}, but it ends at ${size}`,
        );
      }
      const bytes = Buffer.allocUnsafe(length);
      for (let done = 0, failed = 0; done < length; ) {
        const progress = { done };
        try {
          await readSome(target, bytes, offset, progress, until);
        } catch (error) {
          until.throwIfAborted();
          if (progress.done > done) failed = 0;
          const pause = backOffMs[failed];
          if (pause === undefined || !passes(error)) throw error;
          failed += 1;
          await delay(pause, undefined, { signal: until });
        }
        done = progress.done;
      }
      return bytes;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Target {
  readonly vc: Vsphere;
  readonly name: string;
  readonly size: number;
  readonly url: string;
}

/** One request for what is missing yet. It may bring less, or break: what came is counted. */
async function readSome(
  { vc, name, size, url }: Target,
  bytes: Buffer,
  offset: number,
  progress: { done: number },
  signal: AbortSignal,
): Promise<void> {
  const start = offset + progress.done;
  const answer = await get(vc, url, `bytes=${start}-${offset + bytes.length - 1}`, signal);
  try {
    const range = parseContentRange(answer.headers['content-range']);
    if (answer.statusCode !== 206) throw statusFailure(name, answer.statusCode);
    if (range?.size !== undefined && range.size !== size) throw changed(name, size, range.size);
    if (range?.start !== start) {
      throw new IngotError(
        'datastore.download',
        `expected bytes from ${start} of ${name}, found Content-Range “${String(answer.headers['content-range'] ?? '')}”`,
        { remedy: 'vCenter, or a proxy before it, does not do ranges right: name a copy of the file on this machine.' },
      );
    }
    const end = Math.min(range.end - offset, bytes.length);
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      const piece = chunk.subarray(0, end - progress.done);
      bytes.set(piece, progress.done);
      progress.done += piece.length;
    }
    if (progress.done < end) throw new Error(`the answer ended ${end - progress.done} bytes early`);
  } catch (error) {
    answer.body.on('error', () => undefined).destroy();
    throw error instanceof IngotError || signal.aborted ? error : broken(name, error);
  }
}

/** vCenter answers 401 for a session that has expired, and for a right that is missing. */
async function get(vc: Vsphere, path: string, range: string, signal: AbortSignal): Promise<HttpAnswer> {
  for (let renewed = false; ; renewed = true) {
    const { generation } = vc.session;
    const headers = { cookie: vc.session.soap.cookie ?? '', range };
    const answer = await vc.session.soap.http.request({ method: 'GET', path, headers, signal });
    if (answer.statusCode !== 401 || renewed) return answer;
    await answer.body.dump();
    await vc.session.renew(generation, signal);
  }
}

/** `vsphere.lost-answer`, `vsphere.unreachable`, and what this file makes of a body that broke and of HTTP 5xx. */
function passes(error: unknown): boolean {
  return error instanceof IngotError && error.retryable && error.code !== 'datastore.changed';
}

function statusFailure(name: string, status: number): IngotError {
  if (status === 200) {
    return new IngotError(
      'datastore.no-ranges',
      `expected ranges of ${name}, found that vCenter sends the whole file`,
      {
        remedy:
          'Let it be downloaded first (in an image file media.withoutRanges: download), or name a copy on this machine.',
      },
    );
  }
  if (status === 416) return changed(name, 'the size that was told', 'a smaller file');
  if (status === 401 || status === 403 || status === 404) {
    return new IngotError('datastore.denied', `expected to be allowed to read ${name}, found HTTP ${status}`, {
      remedy:
        'Give the account Datastore.Browse and Datastore.FileManagement on the datacenter and on the datastore: ' +
        'vCenter answers 401 or 404 where they are missing.',
    });
  }
  return new IngotError('datastore.download', `expected HTTP 206 for ${name}, found ${status}`, {
    retryable: status >= 500,
    remedy: 'An encrypted datastore also needs Cryptographer.Access. Look at the log of vCenter (vpxd).',
  });
}

function changed(name: string, expected: number | string, found: number | string): IngotError {
  return new IngotError(
    'datastore.changed',
    `${name} changed while it was read: expected ${expected}, found ${found}`,
    {
      retryable: true,
      remedy: 'Somebody is replacing the file: run the same command again once it is whole.',
    },
  );
}

function broken(name: string, cause: unknown): IngotError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new IngotError('datastore.download', `reading ${name} broke off: ${reason}`, {
    cause,
    retryable: true,
    remedy: 'Look at the network between here and vCenter, then run the same command again.',
  });
}
