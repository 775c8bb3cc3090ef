import { type ContentRange, parseContentRange } from '../common/content-range.ts';
import { discard, type HttpAnswer, type HttpClient, type HttpOptions, openHttpClient } from './http/client.ts';
import { answerFailure, changedFailure, connectionFailure, noRangesFailure, statusFailure } from './http/failures.ts';
import { difference, type FileVersion, ifRange, versionOf } from './http/file-version.ts';
import { tries, withDeadline } from './http/tries.ts';
import { checkRange, type OpenSource } from './source.ts';

/** What is asked for first: the volume descriptors of a disc lie in it, so that it is no lost request. */
const FIRST_BYTES = 64 * 1024;

/**
 * Opens a file on the web for ranged reads. Redirects are followed; credentials in the URL go to its own host only and
 * into no message. What may pass (a cut, 429, 5xx) is tried again, from the byte where it broke.
 *
 * @throws IngotError `iso.url`, `iso.no-ranges` (the server sends the whole file instead), `iso.http-missing`,
 *   `iso.http-denied`, `iso.http-status`, `iso.http-unreachable`, `iso.http-certificate`, `iso.http-broken`,
 *   `iso.http-timeout`, `iso.http-answer`, `iso.redirect`; a read also `iso.source-changed` and `iso.truncated`
 */
export async function openHttpSource(url: string, options: HttpOptions = {}): Promise<OpenSource> {
  const client = await openHttpClient(url, options);
  try {
    return await opened(client, options);
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function opened(client: HttpClient, options: HttpOptions): Promise<OpenSource> {
  const { name } = client;
  const first = await withDeadline(options, `opening ${name}`, (signal) => readFirst(client, options, signal));
  const { bytes, version } = first;
  const close = () => client.close();
  return {
    name,
    size: version.size,
    async read(offset, length) {
      checkRange(name, version.size, offset, length);
      if (offset + length <= bytes.length) return bytes.subarray(offset, offset + length);
      return withDeadline(options, `reading ${length} bytes of ${name}`, (signal) =>
        readRange(client, version, { offset, length }, options, signal),
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type SizedVersion = FileVersion & { readonly size: number };

/** The size by a ranged GET: what HEAD says need not be true of GET. */
async function readFirst(client: HttpClient, options: HttpOptions, signal: AbortSignal) {
  const attempts = tries(options);
  for (;;) {
    try {
      const answer = await client.get({ range: `bytes=0-${FIRST_BYTES - 1}` }, signal);
      const range = rangeOf(client.name, answer, 0);
      if (range.size === undefined) {
        discard(answer);
        throw answerFailure(client.name, 'a Content-Range with the size of the file', 'one without');
      }
      const version: SizedVersion = { ...versionOf(answer, range.size), size: range.size };
      const bytes = Buffer.allocUnsafe(Math.min(range.end, FIRST_BYTES));
      await fill(client.name, answer, { bytes, done: 0 }, bytes.length);
      return { bytes, version };
    } catch (error) {
      // A server that is not there at all is told at once.
      if (isUnreachable(error)) throw error;
      await attempts.again(error, signal);
    }
  }
}

async function readRange(
  client: HttpClient,
  version: SizedVersion,
  { offset, length }: { readonly offset: number; readonly length: number },
  options: HttpOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  const attempts = tries(options);
  const target: Target = { bytes: Buffer.allocUnsafe(length), done: 0 };
  while (target.done < length) {
    const before = target.done;
    const start = offset + before;
    try {
      const headers = { range: `bytes=${start}-${offset + length - 1}`, ...ifRange(version) };
      const answer = await client.get(headers, signal);
      checkVersion(client.name, answer, version);
      const range = rangeOf(client.name, answer, start);
      // A server may send less than it was asked for (RFC 9110, section 15.3.7): the rest is asked for next.
      await fill(client.name, answer, target, Math.min(range.end - start, length - before));
    } catch (error) {
      if (target.done > before) attempts.progressed();
      await attempts.again(error, signal);
    }
  }
  return target.bytes;
}

function checkVersion(name: string, answer: HttpAnswer, version: SizedVersion): void {
  const { status, headers } = answer;
  if (status !== 200 && status !== 206 && status !== 416) return;
  const length = status === 200 ? Number(headers['content-length'] ?? Number.NaN) : undefined;
  const size = length === undefined ? parseContentRange(headers['content-range'])?.size : length;
  const changed = difference(version, versionOf(answer, Number.isNaN(size) ? undefined : size));
  if (changed === undefined && status !== 416) return;
  discard(answer);
  throw changedFailure(name, changed?.expected ?? `size ${version.size}`, changed?.found ?? 'a smaller file');
}

/** The range of a 206; everything else is thrown, and its body let go at once. */
function rangeOf(name: string, answer: HttpAnswer, start: number): ContentRange {
  const { status, headers } = answer;
  const range = parseContentRange(headers['content-range']);
  if (status === 206 && range?.start === start && range.end > start && isPlain(answer)) return range;
  // Only the first range of an empty file cannot be had.
  if (status === 416 && start === 0 && range?.size === 0) return range;
  discard(answer);
  if (status === 200) throw noRangesFailure(name);
  if (status !== 206) throw statusFailure(name, status);
  const found = isPlain(answer)
    ? `Content-Range “${String(headers['content-range'] ?? '')}”`
    : `Content-Encoding ${String(headers['content-encoding'])}`;
  throw answerFailure(name, `bytes from ${start}`, found);
}

function isPlain({ headers }: HttpAnswer): boolean {
  const encoding = headers['content-encoding'];
  return encoding === undefined || encoding === 'identity';
}

interface Target {
  readonly bytes: Buffer;
  done: number;
}

/** Copies `count` bytes of a body to where `target` stands; a server that sends more is not listened to. */
async function fill(name: string, answer: HttpAnswer, target: Target, count: number): Promise<void> {
  const end = target.done + count;
  try {
    // Read to its end, so that the connection serves the next range too.
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      if (target.done === end) break;
      const piece = chunk.subarray(0, end - target.done);
      target.bytes.set(piece, target.done);
      target.done += piece.length;
    }
  } catch (error) {
    if (target.done < end) throw connectionFailure(name, error);
  } finally {
    discard(answer);
  }
  if (target.done < end) throw connectionFailure(name, new Error(`the answer ended ${end - target.done} bytes early`));
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Error && 'unreachable' in error && error.unreachable === true;
}
