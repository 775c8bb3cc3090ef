import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificates } from './certificates.ts';

/** What passes the proxy: a SOAP method by its name, anything else as `PUT /folder`. */
export interface Passing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string;
  readonly cookie: string | undefined;
}

/** What the proxy does with a request instead of passing it on. */
export interface Fault {
  /** Cut the connection before the server has the request, or after it has answered. */
  readonly cut?: 'before' | 'after';
  readonly answer?: {
    readonly status: number;
    readonly body: string | Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Send another request on. */
  readonly instead?: string;
  /** Change the server's answer. */
  readonly rewrite?: (answer: string) => string;
  /** Wait for this before passing on. */
  readonly hold?: Promise<unknown>;
  /** What happens to an upload when so many bytes of it have come. */
  readonly upload?: UploadFault;
}

export interface UploadFault {
  readonly afterBytes: number;
  /** `cut` the connection, `stall`: read no more, `close`: answer and cut, `drain`: answer and read on. */
  readonly ending: 'cut' | 'stall' | 'close' | 'drain';
  readonly status?: number;
}

export interface FaultProxy {
  /** `127.0.0.1:PORT`. */
  readonly server: string;
  readonly caFile: string;
  readonly thumbprint: string;
  /** All that passed, in order. */
  readonly log: Passing[];
  /** Asked for each request; the first that gives something decides. */
  rule: (passing: Passing) => Fault | undefined;
  /** How many requests of that method passed. */
  count(method: string): number;
  stop(): Promise<void>;
}

/** An HTTPS server before vcsim that can do what networks and vCenters do. */
export async function startProxy(upstream: string): Promise<FaultProxy> {
  const certificates = await makeCertificates();
  const log: Passing[] = [];
  const proxy: FaultProxy = {
    server: '',
    caFile: certificates.caFile,
    thumbprint: certificates.thumbprint,
    log,
    rule: () => undefined,
    count: (method) => log.filter((passing) => passing.method === method).length,
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await certificates.remove();
    },
  };
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const server = createServer({ key: certificates.key, cert: certificates.cert }, (incoming, outgoing) => {
    pass(proxy, { upstream, agent }, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, { server: `127.0.0.1:${port}` });
}

async function pass(
  proxy: FaultProxy,
  { upstream, agent }: { readonly upstream: string; readonly agent: Agent },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  const isWhole = incoming.method === 'POST' || incoming.method === 'PATCH';
  const early = isWhole ? undefined : note(proxy, incoming, '');
  if (early?.cut === 'before' && incoming.method !== 'PUT') return void incoming.socket.destroy();
  if (early?.cut === 'before') return void incoming.once('data', () => incoming.socket.destroy());
  if (early?.upload) return strike(early.upload, incoming, outgoing);
  for await (const chunk of incoming) if (isWhole || early === undefined) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const fault = early ?? (isWhole ? note(proxy, incoming, body.toString()) : undefined);
  await fault?.hold;
  if (fault?.cut === 'before') return void incoming.socket.destroy();
  if (fault?.answer) return void outgoing.writeHead(fault.answer.status, fault.answer.headers).end(fault.answer.body);
  const sent = fault?.instead === undefined ? body : Buffer.from(fault.instead);
  const headers = { ...incoming.headers, host: upstream, 'content-length': String(sent.length) };
  const forward = request(`https://${upstream}${incoming.url ?? ''}`, {
    method: incoming.method ?? 'GET',
    headers,
    agent,
  });
  outgoing.once('close', () => forward.destroy());
  forward.once('error', () => outgoing.destroy());
  forward.once('response', async (answer) => {
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part);
    if (fault?.cut === 'after') return void incoming.socket.destroy();
    const text = Buffer.concat(parts);
    const final = fault?.rewrite ? Buffer.from(fault.rewrite(text.toString())) : text;
    const kept = { ...answer.headers, 'content-length': String(final.length) };
    delete kept['transfer-encoding'];
    outgoing.writeHead(answer.statusCode ?? 500, kept).end(final);
  });
  forward.end(sent);
}

function strike(
  { afterBytes, ending, status = 500 }: UploadFault,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
) {
  let bytes = 0;
  incoming.on('error', () => {});
  incoming.on('data', (chunk: Buffer) => {
    const before = bytes < afterBytes;
    bytes += chunk.length;
    if (!before || bytes < afterBytes) return;
    if (ending === 'cut') return void incoming.socket.destroy();
    if (ending === 'stall') return void incoming.pause();
    outgoing.writeHead(status, { 'content-length': 0, ...(ending === 'close' ? { connection: 'close' } : {}) });
    outgoing.end(() => (ending === 'close' ? incoming.socket.destroy() : undefined));
  });
}

function note(proxy: FaultProxy, incoming: IncomingMessage, body: string): Fault | undefined {
  const soap = /<(?:\w+:)?Body>\s*<(\w+)/.exec(body)?.[1];
  const method = soap ?? `${incoming.method} ${(incoming.url ?? '').split('/')[1]?.split('?')[0]}`;
  const passing = { method, path: incoming.url ?? '', body, cookie: incoming.headers.cookie };
  proxy.log.push(passing);
  return proxy.rule(passing);
}

/** A fault as vCenter answers it. */
export function soapFault(type: string, inner = ''): { readonly status: number; readonly body: string } {
  return {
    status: 500,
    body:
      '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
      ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
      `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${type}</faultstring><detail>` +
      `<${type}Fault xmlns="urn:vim25" xsi:type="${type}">${inner}</${type}Fault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`,
  };
}

/** For a rule: the first call of a method gets the fault, later ones pass. */
export function once(method: string, fault: Fault): (passing: Passing) => Fault | undefined {
  let done = false;
  return (passing) => {
    if (done || passing.method !== method) return undefined;
    done = true;
    return fault;
  };
}
