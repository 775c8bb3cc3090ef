import { at, escapeXml, parseXml, textAt, type XmlElement } from '../xml.ts';

/** A reference to a managed object. */
export interface Moref {
  readonly type: string;
  readonly value: string;
}

const OPEN =
  '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>';
const CLOSE = '</soapenv:Body></soapenv:Envelope>';

/** A vSphere fault: `type` is its vim25 class. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault';
  readonly type: string;

  constructor(type: string, message: string) {
    super(`${type}: ${message}`);
    this.type = type;
  }
}

/** A request envelope; `args` is the markup after `_this`, in the order of the published type. */
export function requestEnvelope(method: string, self: Moref, args = ''): string {
  return `${OPEN}<${method} xmlns="urn:vim25">${reference('_this', self)}${args}</${method}>${CLOSE}`;
}

/** A response envelope: `inner` is the markup inside `<MethodResponse>`. */
export function responseEnvelope(method: string, inner = ''): string {
  return `${OPEN}<${method}Response xmlns="urn:vim25">${inner}</${method}Response>${CLOSE}`;
}

/** A fault as vCenter sends it (HTTP 500): `detail` is the markup inside the typed fault. */
export function faultEnvelope(type: string, message: string, detail = ''): string {
  return `${OPEN}<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${escapeXml(message)}</faultstring><detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}">${detail}</${type}Fault></detail></soapenv:Fault>${CLOSE}`;
}

/** An element that refers to a managed object. */
export function reference(name: string, moref: Moref): string {
  return `<${name} type="${escapeXml(moref.type)}">${escapeXml(moref.value)}</${name}>`;
}

/** Reads a reference element; undefined if the element is missing or is none. */
export function readMoref(element: XmlElement | undefined): Moref | undefined {
  const type = element?.attributes.type;
  return element === undefined || type === undefined ? undefined : { type, value: element.text.trim() };
}

/** The first element in the SOAP body: the request's method or the response. */
export function readBody(envelope: string): XmlElement {
  const body = at(parseXml(envelope), 'Body')?.children[0];
  if (body === undefined) throw new SoapFault('InvalidRequest', 'the envelope has an empty body');
  return body;
}

/** The response element; throws SoapFault if it is a fault. */
export function readResponse(envelope: string): XmlElement {
  const body = readBody(envelope);
  if (body.name !== 'Fault') return body;
  const detail = at(body, 'detail')?.children[0];
  throw new SoapFault(detail?.type ?? 'SystemError', textAt(body, 'faultstring') ?? '');
}
