import type { Dispatcher, Pool } from 'undici';
import { IngotError } from '../common/failure.ts';
import type { Address, OpenSocket } from './trust.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, escaped. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of bytes in pieces, the next is asked for when the one before has left: a piece of 64 KiB or more may be reused then. */
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** Until the answer begins, or a next piece of the body leaves; default 60 s. */
  readonly answerMs?: number | undefined;
  /** Between two pieces of the answer's body; default 60 s. */
  readonly bodyMs?: number | undefined;
}

export type HttpAnswer = Dispatcher.ResponseData;

/** Keep-alive HTTP/1.1 to one server over sockets that are verified already. */
export interface Http {
  readonly address: Address;
  /**
   * Throws the signal's reason; what the socket opener throws; or `vsphere.lost-answer` when the connection broke after
   * the request may have reached the server.
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export async function openHttp(address: Address, openSocket: OpenSocket): Promise<Http> {
  // undici's main module loads fetch, WebSocket and more: 80 ms against 30 for these two.
  const [{ default: PoolClass }, { default: request }] = await Promise.all([
    import('undici/lib/dispatcher/pool.js'),
    import('undici/lib/api/api-request.js'),
  ]);
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const closing = new AbortController();
  const pool: Pool = new PoolClass(`https://${host}:${address.port}`, {
    allowH2: false,
    connections: 8,
    pipelining: 1,
    // vCenter's reverse proxy closes idle connections after a minute or more.
    keepAliveTimeout: 30_000,
    connect: (_options, callback) => {
      openSocket(closing.signal).then(
        (socket) => callback(null, socket),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
      );
    },
  });
  return {
    address,
    async request({ method, path, headers, body, signal, answerMs, bodyMs }) {
      signal?.throwIfAborted();
      try {
        const sent = request.call(pool, {
          method,
          path,
          headers: { ...headers },
          body: body ?? null,
          ...(signal ? { signal } : {}),
          headersTimeout: answerMs ?? 60_000,
          bodyTimeout: bodyMs ?? 60_000,
        });
        return await (signal ? abortable(sent, signal) : sent);
      } catch (error) {
        throw lost(error, signal, `${method} ${path}`);
      }
    },
    close: () => {
      closing.abort();
      return pool.destroy();
    },
  };
}

/** The whole body as text. Throws like `Http.request`. */
export async function bodyText(answer: HttpAnswer, signal: AbortSignal | undefined, what: string): Promise<string> {
  try {
    return await answer.body.text();
  } catch (error) {
    throw lost(error, signal, what);
  }
}

/** undici takes note of a signal only once a connection is there. */
function abortable(sent: Promise<HttpAnswer>, signal: AbortSignal): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  sent.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  return promise;
}

function lost(error: unknown, signal: AbortSignal | undefined, what: string): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof IngotError) return error;
  return new IngotError(
    'vsphere.lost-answer',
    `${what}: the connection to vCenter broke before the answer was there: ${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
      retryable: true,
      remedy: 'Look at the network between here and vCenter, and at the load of vCenter; then build again.',
    },
  );
}
