import type { Readable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { Pool } from 'undici';
import { connectionFailure, redirectFailure } from './failures.ts';
import { type HttpLocation, parseHttpUrl } from './location.ts';

export interface HttpOptions {
  readonly signal?: AbortSignal | undefined;
  /** PEM of CAs that are trusted beside the system's roots, for these connections only. */
  readonly ca?: string | undefined;
  /** Sent to the host of the URL, and to no other that it redirects to. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds until an answer begins, and between the pieces of its body. Default 30 s. */
  readonly stallMs?: number | undefined;
  /** Milliseconds that one read may take, with all its tries. Default 2 min. */
  readonly deadlineMs?: number | undefined;
  /** Milliseconds before each further try after a failure that may pass. Default 0.25, 1, 3 and 8 s. */
  readonly backOffMs?: readonly number[] | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** GET of one URL, over sockets of its own. */
export interface HttpClient {
  readonly name: string;
  /**
   * Follows redirects; later calls go to where they led, until the server there refuses: such links expire.
   *
   * @throws IngotError what `connectionFailure` makes of it, `iso.redirect`, or the signal's reason
   */
  get(headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const MOST_REDIRECTS = 10;
const CONNECT_MS = 15_000;
const STALL_MS = 30_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const REFUSED: ReadonlySet<number> = new Set([401, 403, 404, 410]);

/** @throws IngotError `iso.url` */
export async function openHttpClient(text: string, options: HttpOptions): Promise<HttpClient> {
  const origin = parseHttpUrl(text);
  // undici's main module loads fetch, WebSocket and more: 80 ms against 30 for these two.
  const [{ default: PoolClass }, { default: request }] = await Promise.all([
    import('undici/lib/dispatcher/pool.js'),
    import('undici/lib/api/api-request.js'),
  ]);
  const pools = new Map<string, Pool>();
  const stallMs = options.stallMs ?? STALL_MS;
  let secureContext: SecureContext | undefined;
  let current = origin;

  async function poolOf(url: URL): Promise<Pool> {
    if (url.protocol === 'https:') secureContext ??= await trusting(options.ca);
    const known = pools.get(url.origin);
    if (known !== undefined) return known;
    const connect = { timeout: CONNECT_MS, ...(secureContext === undefined ? {} : { secureContext }) };
    const pool = new PoolClass(url.origin, { allowH2: false, connections: 4, pipelining: 1, connect });
    pools.set(url.origin, pool);
    return pool;
  }

  async function getOnce(location: HttpLocation, headers: Readonly<Record<string, string>>, signal?: AbortSignal) {
    signal?.throwIfAborted();
    try {
      const sent = request.call(await poolOf(location.url), {
        method: 'GET',
        path: `${location.url.pathname}${location.url.search}`,
        headers: {
          accept: '*/*',
          // A compressed body has no ranges of the file.
          'accept-encoding': 'identity',
          ...(location.url.origin === origin.url.origin ? options.headers : {}),
          ...(location.authorization === undefined ? {} : { authorization: location.authorization }),
          ...headers,
        },
        headersTimeout: stallMs,
        bodyTimeout: stallMs,
        ...(signal ? { signal } : {}),
      });
      const { statusCode, headers: answered, body } = await (signal ? abortable(sent, signal) : sent);
      return { status: statusCode, headers: answered, body };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw connectionFailure(location.name, error);
    }
  }

  return {
    name: origin.name,
    async get(headers, signal) {
      for (let left = MOST_REDIRECTS; ; left -= 1) {
        const answer = await getOnce(current, headers, signal);
        if (REFUSED.has(answer.status) && current !== origin && left === MOST_REDIRECTS) {
          discard(answer);
          current = origin;
          continue;
        }
        if (!REDIRECTS.has(answer.status)) return answer;
        discard(answer);
        if (left === 0) throw redirectFailure(origin.name, `more than ${MOST_REDIRECTS} redirects`);
        current = redirected(origin, current, answer.headers.location);
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** Lets go of an answer without reading it: its connection is closed if more than a little is under way. */
export function discard({ body }: Pick<HttpAnswer, 'body'>): void {
  body.on('error', () => undefined);
  body.destroy();
}

function redirected(origin: HttpLocation, from: HttpLocation, header: string | string[] | undefined): HttpLocation {
  if (typeof header !== 'string') throw redirectFailure(origin.name, 'a redirect without a place to go to');
  const to = parseHttpUrl(header, from.url);
  if (from.url.protocol === 'https:' && to.url.protocol === 'http:') {
    throw redirectFailure(origin.name, `a redirect from https to ${to.name}`);
  }
  const home = to.url.origin === origin.url.origin;
  return home && to.authorization === undefined ? { ...to, authorization: origin.authorization } : to;
}

/** The system's roots, Node's own, and `ca`. Made once: it takes 70 ms. */
async function trusting(ca: string | undefined): Promise<SecureContext> {
  const { createSecureContext, getCACertificates } = await import('node:tls');
  const roots = [...getCACertificates('default'), ...getCACertificates('system')];
  return createSecureContext({ ca: ca === undefined ? roots : [ca, ...roots] });
}

/** undici takes note of a signal only once a connection is there. */
function abortable<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  sent.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  return promise;
}
