import { createHash } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** What the server does with one request instead of answering it as it should. */
export interface Misbehaviour {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ignores Range. */
  readonly noRanges?: boolean;
  /** Leaves the size out of its headers. */
  readonly chunked?: boolean;
  /** Cuts the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Sends at most so many bytes of a range, and says so. */
  readonly atMost?: number;
  /** Another content than before. */
  readonly content?: Buffer;
  /** Sends headers, and then nothing. */
  readonly hang?: boolean;
}

export interface WebServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `Range` of each request, '' for none; `If-Range`, `Authorization` and `X-Token` beside it. */
  readonly log: {
    path: string;
    range: string;
    ifRange: string | undefined;
    authorization: string | undefined;
    token: unknown;
  }[];
  /** Bytes of bodies that were written to sockets. */
  readonly sent: { bytes: number; connections: number };
  /** Asked for each request, counted from 1. */
  rule: (path: string, request: number) => Misbehaviour | undefined;
}

/** A server of one file, at every path, with ranges, ETag and Last-Modified (RFC 9110), that can misbehave. */
export async function startWebServer(
  t: TestContext,
  content: Buffer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<WebServer> {
  const server: WebServer = { url: '', log: [], sent: { bytes: 0, connections: 0 }, rule: () => undefined };
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const path = incoming.url ?? '';
    const { range = '', 'if-range': ifRange, authorization } = incoming.headers;
    server.log.push({ path, range, ifRange: ifRange?.toString(), authorization, token: incoming.headers['x-token'] });
    answer(server, content, incoming, outgoing, server.rule(path, server.log.length) ?? {});
  };
  const listening = tls === undefined ? createHttp(listener) : createHttps(tls, listener);
  listening.on('connection', () => {
    server.sent.connections += 1;
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const { port } = listening.address() as AddressInfo;
  return Object.assign(server, { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` });
}

function answer(
  server: WebServer,
  usual: Buffer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  wrong: Misbehaviour,
): void {
  const content = wrong.content ?? usual;
  if (wrong.status !== undefined) {
    outgoing.writeHead(wrong.status, wrong.headers).end('no file');
    return;
  }
  const etag = `"${createHash('sha1').update(content).digest('hex')}"`;
  const asked = /^bytes=(\d+)-(\d*)$/.exec(incoming.headers.range ?? '');
  const same = incoming.headers['if-range'] === undefined || incoming.headers['if-range'] === etag;
  const ranged = asked !== null && same && wrong.noRanges !== true;
  const start = ranged ? Number(asked[1]) : 0;
  const last = ranged && asked[2] !== '' ? Number(asked[2]) : content.length - 1;
  const end = Math.min(last + 1, content.length, start + (wrong.atMost ?? content.length));
  const common = { etag, 'last-modified': 'Tue, 09 Aug 2022 00:00:00 GMT' };
  if (ranged && start >= content.length) {
    outgoing.writeHead(416, { ...common, 'content-range': `bytes */${content.length}` }).end('no such range');
    return;
  }
  outgoing.writeHead(ranged ? 206 : 200, {
    ...common,
    ...(wrong.chunked ? {} : { 'content-length': String(end - start) }),
    ...(ranged ? { 'content-range': `bytes ${start}-${end - 1}/${content.length}` } : {}),
    ...wrong.headers,
  });
  if (wrong.hang === true) outgoing.flushHeaders();
  else send(server, content.subarray(start, end), outgoing, wrong.cutAfter);
}

/** In pieces, each when the one before has left, so that what is sent shows what the client has let come. */
function send({ sent }: WebServer, body: Buffer, outgoing: ServerResponse, cutAfter = body.length): void {
  let at = 0;
  const next = () => {
    if (outgoing.destroyed) return;
    const end = Math.min(at + 64 * 1024, cutAfter, body.length);
    if (at === end) {
      if (end < body.length) outgoing.destroy();
      else outgoing.end();
      return;
    }
    const piece = body.subarray(at, end);
    at = end;
    sent.bytes += piece.length;
    outgoing.write(piece, next);
  };
  next();
}
