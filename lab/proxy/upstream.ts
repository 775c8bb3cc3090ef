import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
  'proxy-connection',
  'te',
  'trailer',
]);

/** A whole answer of vcsim's. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The way from the proxy to vcsim: kept connections, nothing held in memory unless asked for. */
export class Upstream {
  readonly #origin: URL;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(origin: URL) {
    this.#origin = origin;
  }

  /** Sends a request with a body at hand and reads the whole answer. */
  async call(incoming: IncomingMessage, body: string, signal?: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = this.#request(incoming, { 'content-length': Buffer.byteLength(body) }, signal);
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 502,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.end(body);
    return promise;
  }

  /** Passes a request on and its answer back, streamed both ways. Returns the outgoing request for what watches the upload. */
  stream(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    changeHeaders?: (headers: IncomingHttpHeaders, status: number) => number,
  ): ClientRequest {
    const call = this.#request(incoming, {});
    call.on('error', () => outgoing.destroy());
    call.on('response', (response) => {
      const headers = { ...response.headers };
      const status = changeHeaders?.(headers, response.statusCode ?? 502) ?? response.statusCode ?? 502;
      outgoing.writeHead(status, endToEnd(headers));
      response.pipe(outgoing);
      response.on('error', () => outgoing.destroy());
    });
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) call.destroy();
    });
    return call;
  }

  /** Begins to pass a request on whose answer nobody waits for. */
  begin(incoming: IncomingMessage): ClientRequest {
    const call = this.#request(incoming, {});
    call.on('error', () => {});
    call.on('response', (response) => response.resume());
    return call;
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(incoming: IncomingMessage, headers: Record<string, number>, signal?: AbortSignal): ClientRequest {
    return request(this.#origin, {
      method: incoming.method,
      path: incoming.url,
      agent: this.#agent,
      headers: { ...endToEnd(incoming.headers), ...headers, host: this.#origin.host },
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** Headers that concern the message, not the connection it came over. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
