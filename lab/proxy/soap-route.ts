import type { IncomingMessage, ServerResponse } from 'node:http';
import { faultEnvelope, SoapFault } from '../vcsim/soap.ts';
import { failedTask, fault, type ProxyContext, readCall } from './call.ts';
import type { Fault, Faults } from './faults.ts';
import { interceptorFor } from './interceptors.ts';
import { askOfShadows, tellOfLeases } from './nfc/rewrite.ts';
import { type Answer, endToEnd } from './upstream.ts';

const METHOD = /<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?([A-Za-z]\w*)/;
/** Methods whose answers carry property values. */
const TELLS = new Set(['WaitForUpdatesEx', 'WaitForUpdates', 'RetrievePropertiesEx', 'RetrieveProperties']);

/** Requests of clients by method. */
export type Counts = Map<string, number>;

/** One POST to /sdk: counted, struck by faults, done by the proxy or passed to vcsim. */
export async function routeSoap(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  lab: ProxyContext,
  faults: Faults,
  counts: Counts,
): Promise<void> {
  const raw = await readAll(incoming);
  lab.trace?.write(raw);
  const method = METHOD.exec(raw)?.[1] ?? 'unknown';
  counts.set(method, (counts.get(method) ?? 0) + 1);
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const struck = faults.take(method);
  if (struck?.kind === 'delay') await wait(struck.milliseconds, gone.signal);
  if (struck?.kind === 'reset' && struck.when === 'before') return reset(incoming);
  if (struck?.kind === 'http') return send(outgoing, { status: struck.status, headers: {}, body: '' });
  if (struck?.kind === 'soap') return send(outgoing, fault(struck.type, struck.message ?? struck.type, struck.detail));
  try {
    const response = await respond(method, raw, incoming, lab, struck, gone.signal);
    if (struck?.kind === 'reset') return reset(incoming);
    if (method === 'Logout' && response.status === 200) lab.sessions.closed(incoming.headers);
    lab.sessions.opened(response.headers);
    send(outgoing, response);
    if (lab.witness.curious && TELLS.has(method)) lab.witness.tell(response.body);
  } catch (error) {
    if (gone.signal.aborted) return;
    lab.log(`proxy: ${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const type = error instanceof SoapFault ? error.type : 'SystemError';
    send(outgoing, {
      status: 500,
      headers: { 'content-type': 'text/xml' },
      body: faultEnvelope(type, 'the lab failed'),
    });
  }
}

async function respond(
  method: string,
  raw: string,
  incoming: IncomingMessage,
  lab: ProxyContext,
  struck: Fault | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  if (struck?.kind === 'task') {
    return failedTask(readCall(method, raw, incoming), lab, struck.type, struck.message ?? struck.type);
  }
  const interceptor = interceptorFor(method, raw);
  if (interceptor === undefined) {
    const answer = await lab.upstream.call(incoming, askOfShadows(lab.leases, method, raw), signal);
    return { ...answer, body: tellOfLeases(lab.leases, method, answer.body) };
  }
  return interceptor(readCall(method, raw, incoming), lab);
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, { ...endToEnd(headers), 'content-length': Buffer.byteLength(body) });
  outgoing.end(body);
}

function reset(incoming: IncomingMessage): void {
  incoming.socket.destroy();
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { setTimeout: delay } = await import('node:timers/promises');
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}
