import { parseContentRange } from '../common/content-range.ts';
import { discard, type HttpAnswer, type HttpClient, type HttpOptions, openHttpClient } from './http/client.ts';
import { answerFailure, changedFailure, connectionFailure, statusFailure } from './http/failures.ts';
import { difference, type FileVersion, ifRange, versionOf } from './http/file-version.ts';
import { tries } from './http/tries.ts';

export interface HttpStream extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** For messages: no credentials, no query. */
  readonly name: string;
  /** Bytes of the whole file; undefined when the server does not say. */
  readonly size: number | undefined;
  close(): Promise<void>;
}

export interface HttpStreamOptions extends HttpOptions {
  /** Where to begin; bytes that are there already. Default 0. */
  readonly offset?: number | undefined;
}

/**
 * Opens a file on the web to be read once, from the beginning to the end, with whatever server. A connection that is cut
 * is taken up again where it broke: by a range if the server does them, else by reading the beginning once more. All
 * tries come back with each byte of progress. `deadlineMs` plays no part, since a big file may take hours; `stallMs` does.
 *
 * @throws IngotError as `openHttpSource`, without `iso.no-ranges`; so does the iteration
 */
export async function openHttpStream(url: string, options: HttpStreamOptions = {}): Promise<HttpStream> {
  const client = await openHttpClient(url, options);
  const { signal, offset = 0 } = options;
  const attempts = tries(options);
  const close = () => client.close();

  async function begin(): Promise<Piece> {
    for (;;) {
      try {
        return await request(client, offset, undefined, signal);
      } catch (error) {
        if (isUnreachable(error)) throw error;
        await attempts.again(error, signal);
      }
    }
  }
  const first = await begin().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { version } = first;
  const body = wholeBody(client, first, offset, options);
  return {
    name: client.name,
    size: version.size,
    [Symbol.asyncIterator]: () => body,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** An answer whose body begins `skip` bytes before the place that was asked for. */
interface Piece {
  readonly answer: HttpAnswer;
  readonly version: FileVersion;
  readonly skip: number;
}

async function* wholeBody(
  client: HttpClient,
  first: Piece,
  offset: number,
  options: HttpOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = options;
  const { version } = first;
  const attempts = tries(options);
  let done = offset;
  let piece: Piece | undefined = first;
  try {
    for (;;) {
      try {
        piece ??= await request(client, done, version, signal);
        for await (const chunk of bodyOf(client.name, piece)) {
          done += chunk.length;
          if (version.size !== undefined && done > version.size) throw tooLong(client.name, version.size);
          attempts.progressed();
          yield chunk;
        }
        if (version.size === undefined || done === version.size) return;
        throw connectionFailure(client.name, new Error(`the answer ended ${version.size - done} bytes early`));
      } catch (error) {
        if (piece !== undefined) discard(piece.answer);
        piece = undefined;
        await attempts.again(error, signal);
      }
    }
  } finally {
    if (piece !== undefined) discard(piece.answer);
    await client.close();
  }
}

async function* bodyOf(name: string, { answer, skip }: Piece): AsyncGenerator<Uint8Array, void, undefined> {
  let left = skip;
  const body = (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  for (;;) {
    // Only what the connection throws is its failure, not what the reader of the chunks does.
    const { done, value } = await body.next().catch((error: unknown) => {
      throw connectionFailure(name, error);
    });
    if (done === true) return;
    const chunk = value.subarray(Math.min(left, value.length));
    left -= value.length - chunk.length;
    if (chunk.length > 0) yield chunk;
  }
}

async function request(
  client: HttpClient,
  start: number,
  expected: FileVersion | undefined,
  signal: AbortSignal | undefined,
): Promise<Piece> {
  const range = start === 0 ? {} : { range: `bytes=${start}-`, ...(expected === undefined ? {} : ifRange(expected)) };
  const answer = await client.get(range, signal);
  try {
    const { version, skip } = read(client.name, answer, start);
    const changed = expected === undefined ? undefined : difference(expected, version);
    if (changed !== undefined) throw changedFailure(client.name, changed.expected, changed.found);
    return { answer, version, skip };
  } catch (error) {
    discard(answer);
    throw error;
  }
}

function read(name: string, answer: HttpAnswer, start: number): { version: FileVersion; skip: number } {
  const { status, headers } = answer;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw answerFailure(name, 'the file as it is', `Content-Encoding ${String(encoding)}`);
  }
  if (status === 200) {
    const length = headers['content-length'];
    return { version: versionOf(answer, typeof length === 'string' ? Number(length) : undefined), skip: start };
  }
  const range = parseContentRange(headers['content-range']);
  if (status === 416 && range?.size !== undefined && range.size !== start) {
    throw changedFailure(name, `more than ${start} bytes`, `size ${range.size}`);
  }
  // All bytes were there already: the answer has none, whatever text comes with it.
  if (status === 416 && range?.size === start)
    return { version: versionOf(answer, start), skip: Number.MAX_SAFE_INTEGER };
  if (status !== 206) throw statusFailure(name, status);
  if (range?.start !== start || range.size === undefined) {
    throw answerFailure(name, `bytes from ${start} on`, `Content-Range “${String(headers['content-range'] ?? '')}”`);
  }
  return { version: versionOf(answer, range.size), skip: 0 };
}

function tooLong(name: string, size: number) {
  return answerFailure(name, `${size} bytes`, 'more');
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Error && 'unreachable' in error && error.unreachable === true;
}
