import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { RunningLab } from '../../../lab/client.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One HTTPS request to a lab's front proxy. */
export async function send(
  lab: RunningLab,
  path: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const url = new URL(path, lab.env.GOVC_URL);
  const call = request(
    url,
    { ca: readFileSync(lab.env.GOVC_TLS_CA_CERTS ?? ''), agent: false, ...options },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    },
  );
  call.on('error', reject);
  call.end(body);
  return promise;
}

/** A SOAP session written by hand. */
export class SoapSession {
  readonly lab: RunningLab;
  cookie = '';

  constructor(lab: RunningLab) {
    this.lab = lab;
  }

  static async open(lab: RunningLab): Promise<SoapSession> {
    const session = new SoapSession(lab);
    const reply = await session.call(
      'Login',
      'SessionManager:SessionManager',
      `<userName>${lab.env.GOVC_USERNAME}</userName><password>${lab.env.GOVC_PASSWORD}</password>`,
    );
    session.cookie = reply.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    return session;
  }

  /** `self` is `Type:value`. */
  call(method: string, self: string, args = ''): Promise<Reply> {
    const [type = '', value = ''] = self.split(':');
    const body = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><Body><${method} xmlns="urn:vim25"><_this type="${type}">${value}</_this>${args}</${method}></Body></Envelope>`;
    const headers = { 'content-type': 'text/xml', cookie: this.cookie, 'content-length': Buffer.byteLength(body) };
    return send(this.lab, '/sdk', { method: 'POST', headers }, body);
  }

  /** The text of one property. */
  async property(self: string, path: string): Promise<string> {
    const [type = '', value = ''] = self.split(':');
    const reply = await this.call(
      'RetrievePropertiesEx',
      'PropertyCollector:propertyCollector',
      `<specSet><propSet><type>${type}</type><pathSet>${path}</pathSet></propSet><objectSet><obj type="${type}">${value}</obj></objectSet></specSet><options/>`,
    );
    return reply.body;
  }

  /** Calls a task method and returns the ended task's info. */
  async task(method: string, self: string, args = ''): Promise<string> {
    const reply = await this.call(method, self, args);
    const task = /type="Task">([^<]+)</.exec(reply.body)?.[1];
    if (task === undefined) return reply.body;
    for (;;) {
      const info = await this.property(`Task:${task}`, 'info');
      if (/<state>(success|error)</.test(info)) return info;
    }
  }
}

/** `VirtualMachine:vm-N` of a path. */
export async function morefOf(session: SoapSession, path: string): Promise<string> {
  const reply = await session.call(
    'FindByInventoryPath',
    'SearchIndex:SearchIndex',
    `<inventoryPath>${path}</inventoryPath>`,
  );
  const found = /type="(\w+)"[^>]*>([^<]+)<\/returnval/.exec(reply.body);
  if (found === null) throw new Error(reply.body);
  return `${found[1]}:${found[2]}`;
}
