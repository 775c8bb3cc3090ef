import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:https';
import { after } from 'node:test';
import { makeCertificates } from '../vsphere/certificates.ts';

export interface Delivered {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server that takes webhooks, over TLS that its CA file proves. */
export interface WebhookServer {
  readonly url: string;
  readonly caFile: string;
  /** All requests so far. */
  readonly delivered: Delivered[];
  /** Statuses of the next answers; 200 when there are none left, no answer at all for 0. */
  answers: number[];
  /** The next request has come. */
  next(): Promise<void>;
}

/** Starts one for all tests of a file; it goes with the last of them. */
export async function startWebhookServer(): Promise<WebhookServer> {
  const { key, cert, caFile, remove } = await makeCertificates();
  const delivered: Delivered[] = [];
  const state = { answers: [] as number[] };
  const arrivals = new EventEmitter();
  const server = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      delivered.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      const status = state.answers.shift() ?? 200;
      arrivals.emit('request');
      if (status === 0) return;
      response.writeHead(status, status === 307 ? { location: 'https://elsewhere.test/' } : {}).end('taken');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(async () => {
    server.closeAllConnections();
    server.close();
    await remove();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${port}/hooks/token-in-the-path`,
    caFile,
    delivered,
    async next() {
      await once(arrivals, 'request', { signal: AbortSignal.timeout(60_000) });
    },
    get answers() {
      return state.answers;
    },
    set answers(statuses) {
      state.answers = statuses;
    },
  };
}
