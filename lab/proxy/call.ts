import type { IncomingMessage } from 'node:http';
import type { LabContext } from '../context.ts';
import type { Machines } from '../machines.ts';
import {
  faultEnvelope,
  type Moref,
  readBody,
  readMoref,
  reference,
  responseEnvelope,
  SoapFault,
} from '../vcsim/soap.ts';
import { at, leaf, node, type XmlElement } from '../xml.ts';
import type { Esxi } from './esxi.ts';
import type { Leases } from './nfc/leases.ts';
import type { Sessions } from './sessions.ts';
import type { Trace } from './trace.ts';
import type { Transfers } from './transfers.ts';
import type { Answer, Upstream } from './upstream.ts';

/** What the proxy's parts share. */
export interface ProxyContext extends LabContext {
  readonly machines: Machines;
  readonly sessions: Sessions;
  readonly upstream: Upstream;
  readonly transfers: Transfers;
  readonly esxi: Esxi;
  readonly leases: Leases;
  /** Where requests are recorded, if they are. */
  readonly trace: Trace | undefined;
  /** `127.0.0.1:PORT` of the proxy. */
  readonly host: () => string;
}

/** One SOAP call of a client. */
export interface Call {
  readonly method: string;
  readonly self: Moref;
  /** The method's element, parsed. */
  readonly body: XmlElement;
  readonly raw: string;
  readonly incoming: IncomingMessage;
}

/** Does what vcsim lacks or gets wrong for one method; returns what the client is answered. */
export type Interceptor = (call: Call, lab: ProxyContext) => Promise<Answer>;

const HEADERS = { 'content-type': 'text/xml; charset=utf-8' };

export function readCall(method: string, raw: string, incoming: IncomingMessage): Call {
  const body = readBody(raw);
  return { method, raw, incoming, body, self: readMoref(at(body, '_this')) ?? { type: '', value: '' } };
}

/** Passes the call on to vcsim. */
export function forward(call: Call, lab: ProxyContext, raw = call.raw): Promise<Answer> {
  return lab.upstream.call(call.incoming, raw);
}

/** An answer of the proxy's own. */
export function answer(method: string, inner = ''): Answer {
  return { status: 200, headers: HEADERS, body: responseEnvelope(method, inner) };
}

/** A SOAP fault (HTTP 500). */
export function fault(type: string, message: string, detail = ''): Answer {
  return { status: 500, headers: HEADERS, body: faultEnvelope(type, message, detail) };
}

/** Answers with a task that has failed already; `detail` is the markup inside the fault. */
export async function failedTask(
  call: Call,
  lab: ProxyContext,
  type: string,
  message: string,
  detail = '',
): Promise<Answer> {
  const task = await lab.vcsim.createTask(call.self);
  await lab.vcsim.endTask(task, { fault: localized(type, message, detail) });
  return answer(call.method, reference('returnval', task));
}

/** A LocalizedMethodFault as SetTaskState takes it. */
export function localized(type: string, message: string, detail = ''): string {
  return node('fault', node('fault', detail, type) + leaf('localizedMessage', message));
}

/** Passes a task method on and waits until the task has ended; `result` is its result if it succeeded. */
export async function forwardTask(
  call: Call,
  lab: ProxyContext,
  raw = call.raw,
): Promise<{ answer: Answer; succeeded: boolean; result: Moref | undefined }> {
  const response = await forward(call, lab, raw);
  if (response.status !== 200) return { answer: response, succeeded: false, result: undefined };
  const task = readMoref(at(readBody(response.body), 'returnval'));
  if (task === undefined) throw new SoapFault('SystemError', `${call.method} returned no task`);
  const outcome = await lab.vcsim.task(task);
  const succeeded = outcome.state === 'success';
  return { answer: response, succeeded, result: succeeded ? readMoref(outcome.result) : undefined };
}
