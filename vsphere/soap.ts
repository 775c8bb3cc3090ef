import { IngotError } from '../common/failure.ts';
import { decodeFault, decodeValue } from './decode.ts';
import { encodeProperties } from './encode.ts';
import { faultError } from './fault.ts';
import type { Http } from './http.ts';
import { bodyText } from './http.ts';
import type { Ref, VimFault } from './values.ts';
import { refText } from './values.ts';
import type { Methods } from './vim25.gen.ts';
import { isNewer, methodOf } from './wire.ts';
import type { XmlNode } from './xml.ts';
import { child, parseXml } from './xml.ts';

export type Params<M extends keyof Methods> = Methods[M]['params'];
export type Returns<M extends keyof Methods> = Methods[M]['returns'];
/** The managed types a method can be called on. */
export type Target<M extends keyof Methods> = Ref<Methods[M]['on']>;

export interface SoapOptions {
  readonly signal?: AbortSignal | undefined;
  /** Until the answer begins; for long polls. */
  readonly answerMs?: number | undefined;
}

/** Sends single requests, each exactly once: what to do about an expired session or a lost answer is the session's part. */
export class Soap {
  readonly http: Http;
  readonly apiVersion: string;
  /** SOAP requests sent so far. */
  requests = 0;
  /** The session cookie, exactly as the server wrote it: its quotes belong to the value. */
  cookie: string | undefined;

  constructor(http: Http, apiVersion: string) {
    this.http = http;
    this.apiVersion = apiVersion;
  }

  /**
   * Calls a method. Throws `vsphere.request` or `vsphere.too-old` before sending, VsphereFault (`vsphere.fault`),
   * `vsphere.lost-answer` (may or may not have run), `vsphere.unreachable`, `vsphere.certificate`.
   */
  async send<M extends keyof Methods>(
    method: M,
    target: Target<M>,
    params: Params<M>,
    options: SoapOptions = {},
  ): Promise<Returns<M>> {
    const wire = methodOf(method);
    if (wire.since !== undefined && isNewer(wire.since, this.apiVersion)) {
      throw new IngotError(
        'vsphere.too-old',
        `${method} exists since vSphere API ${wire.since}, the server speaks ${this.apiVersion}`,
      );
    }
    const inner =
      encodeProperties({ _this: target }, [{ ...THIS, type: `&${wire.owner}` }], {
        path: method,
        api: this.apiVersion,
      }) + encodeProperties(params, wire.params, { path: method, api: this.apiVersion });
    this.requests += 1;
    const answer = await this.http.request({
      method: 'POST',
      path: '/sdk',
      headers: {
        'content-type': 'text/xml; charset="utf-8"',
        soapaction: `urn:vim25/${this.apiVersion}`,
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
      },
      body: envelope(method, inner),
      signal: options.signal,
      answerMs: options.answerMs,
    });
    // A straggler without a session must not replace the cookie of a login.
    if (this.cookie === undefined || method === 'Login') this.#keepCookie(answer.headers['set-cookie']);
    const text = await bodyText(answer, options.signal, method);
    const body = soapBody(text);
    const fault = child(body, 'Fault');
    if (fault) throw faultError(`${method} on ${refText(target)}`, soapFault(fault));
    const response = child(body, `${method}Response`);
    if (answer.statusCode !== 200 || response === undefined) throw unexpected(method, answer.statusCode, text);
    const values = response.children.map((node) => decodeValue(node, wire.returns.type));
    // What the table of methods says of this method is what Returns<M> was generated from.
    return (wire.returns.array ? values : values[0]) as Returns<M>;
  }

  #keepCookie(header: string | string[] | undefined): void {
    for (const line of [header ?? []].flat()) {
      if (line.startsWith('vmware_soap_session=')) this.cookie = line.split(';', 1)[0];
    }
  }
}

const THIS = { name: '_this', array: false, optional: false, since: undefined };

function envelope(method: string, inner: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<soapenv:Body><${method} xmlns="urn:vim25">${inner}</${method}></soapenv:Body></soapenv:Envelope>`
  );
}

/** The body of a SOAP answer; undefined if it is none. */
export function soapBody(text: string): XmlNode | undefined {
  try {
    return child(parseXml(text), 'Body');
  } catch {
    // A proxy's error page.
    return undefined;
  }
}

/** The fault is named by xsi:type in `detail`; without a detail the server refused the request itself. */
export function soapFault(node: XmlNode): VimFault {
  const detail = child(node, 'detail')?.children[0];
  const message = child(node, 'faultstring')?.text.trim() ?? '';
  if (detail === undefined) return { type: 'RuntimeFault', message: message || 'no detail', details: {} };
  const fault = decodeFault(detail);
  return fault.message === fault.type && message !== '' ? { ...fault, message } : fault;
}

/** An answer that is not SOAP: a proxy's page, or a server that is starting. */
export function unexpected(method: string, status: number, text: string): IngotError {
  return new IngotError('vsphere.lost-answer', `${method}: expected a SOAP answer from vCenter, found HTTP ${status}`, {
    retryable: status >= 500 || status === 429,
    evidence: [text.slice(0, 300)],
    remedy:
      status === 503 ? 'vCenter is starting, or has too many sessions: look at its health and try again.' : undefined,
  });
}
