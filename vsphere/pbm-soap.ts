import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { faultError, isFault } from './fault.ts';
import { bodyText } from './http.ts';
import { retryReads } from './session.ts';
import { soapBody, soapFault, unexpected } from './soap.ts';
import type { XmlNode } from './xml.ts';
import { child, escapeXml } from './xml.ts';

/** The methods in use, with the type of their object. */
export type PbmMethod =
  | 'PbmRetrieveServiceContent'
  | 'PbmQueryProfile'
  | 'PbmRetrieveContent'
  | 'PbmCreate'
  | 'PbmUpdate';

/** An element of a request; text is escaped, `type` is the `xsi:type` where the declared one is not enough. */
export interface Element {
  readonly name: string;
  readonly type?: string;
  readonly content: string | readonly Element[];
  readonly attributes?: Readonly<Record<string, string>>;
}

const READS: readonly PbmMethod[] = ['PbmRetrieveServiceContent', 'PbmQueryProfile', 'PbmRetrieveContent'];
const PASSING = ['vsphere.lost-answer', 'vsphere.unreachable'];

/**
 * Calls a method of the storage policy API (SPBM) of the same vCenter: a SOAP service of its own at `/pbm`, which takes
 * the session of the vSphere API as a SOAP header (vSphere API Reference, “VMware Storage Policy API”; the header as
 * govmomi and pyVmomi send it: the cookie's value without its quotes).
 *
 * @returns the children of the answer
 * @throws IngotError `pbm.unavailable` where there is no such service, VsphereFault, `vsphere.lost-answer`
 */
export async function callPbm(
  vc: Vsphere,
  method: PbmMethod,
  parameters: readonly Element[],
  signal: AbortSignal | undefined,
): Promise<readonly XmlNode[]> {
  const { session } = vc;
  return retryReads(READS.includes(method), PASSING, vc.onEvent, signal, async () => {
    for (let renewed = false; ; renewed = true) {
      const { generation } = session;
      try {
        return await send(vc, method, parameters, signal);
      } catch (error) {
        if (renewed || !isFault(error, 'NotAuthenticated')) throw error;
        await session.renew(generation, signal);
      }
    }
  });
}

async function send(
  { session }: Vsphere,
  method: PbmMethod,
  parameters: readonly Element[],
  signal: AbortSignal | undefined,
): Promise<readonly XmlNode[]> {
  const { http, cookie = '' } = session.soap;
  const answer = await http.request({
    method: 'POST',
    path: '/pbm',
    headers: { 'content-type': 'text/xml; charset="utf-8"', soapaction: 'urn:pbm/2.0', cookie },
    body: envelope(sessionOf(cookie), method, parameters),
    signal,
  });
  const text = await bodyText(answer, signal, method);
  const body = soapBody(text);
  const fault = child(body, 'Fault');
  if (fault) throw faultError(method, soapFault(fault));
  const response = child(body, `${method}Response`);
  if (answer.statusCode === 200 && response !== undefined) return response.children;
  if (answer.statusCode === 404) throw unavailable();
  throw unexpected(method, answer.statusCode, text);
}

/** `vmware_soap_session="52a…"` without name and quotes. */
function sessionOf(cookie: string): string {
  return cookie.slice(cookie.indexOf('=') + 1).replace(/^"|"$/g, '');
}

function envelope(session: string, method: string, parameters: readonly Element[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<soapenv:Header>${xml({ name: 'vcSessionCookie', content: session })}</soapenv:Header>` +
    `<soapenv:Body><${method} xmlns="urn:pbm">${parameters.map(xml).join('')}</${method}></soapenv:Body>` +
    '</soapenv:Envelope>'
  );
}

function xml({ name, type, content, attributes = {} }: Element): string {
  const all = { ...(type === undefined ? {} : { 'xsi:type': type }), ...attributes };
  const written = Object.entries(all).map(([key, value]) => ` ${key}="${value}"`);
  const inner = typeof content === 'string' ? escaped(content) : content.map(xml).join('');
  return `<${name}${written.join('')}>${inner}</${name}>`;
}

function escaped(text: string): string {
  const found = escapeXml(text);
  if (found !== undefined) return found;
  throw new IngotError('vsphere.request', 'expected text that XML can carry, found a control character in it');
}

function unavailable(): IngotError {
  return new IngotError('pbm.unavailable', 'expected the storage policy service of vCenter at /pbm, found none', {
    remedy: 'Ask a vCenter, not an ESXi host; there see whether the service vmware-sps runs.',
  });
}
