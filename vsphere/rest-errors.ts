import { IngotError } from '../common/failure.ts';

const PASSING = ['service-unavailable', 'timed-out', 'resource-busy', 'concurrent-change'];

/**
 * The error of an answer of the REST API. `/api` says `{error_type: "NOT_FOUND", messages}`, `/rest` says
 * `{type: "com.vmware.vapi.std.errors.not_found", value: {messages}}`: both get the code `rest.not-found`. An answer
 * without an envelope (a proxy's) gets `rest.http`, or `rest.not-found` with 404.
 */
export function restError(what: string, status: number, body: unknown): IngotError {
  const envelope = objectOf(body);
  const { error_type: type = envelope.type, messages = objectOf(envelope.value).messages } = envelope;
  const named = typeof type === 'string' ? type.replace(/^.*\./, '').toLowerCase().replaceAll('_', '-') : undefined;
  const kind = named ?? (status === 404 ? 'not-found' : undefined);
  const said = (Array.isArray(messages) ? messages : []).map(textOf).filter((text) => text !== '');
  const answer =
    named === undefined ? `HTTP ${status}` : `${named.toUpperCase().replaceAll('-', '_')} (HTTP ${status})`;
  return new IngotError(`rest.${kind ?? 'http'}`, [`${what}: vCenter answered ${answer}`, ...said].join(': '), {
    retryable: status >= 500 || status === 429 || (kind !== undefined && PASSING.includes(kind)),
    remedy: remedyOf(kind, status),
  });
}

function remedyOf(kind: string | undefined, status: number): string {
  if (status === 503)
    return 'vCenter is starting, or the account has too many sessions: look at its health and try again.';
  if (kind === 'unauthorized' || status === 403) return 'Give the account the right that the call needs.';
  return 'Look at the service named in the call, and at its log (vAPI endpoint) in vCenter.';
}

/** A message is an object with a text in English, in old versions a plain text. */
function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  const { default_message: text } = objectOf(message);
  return typeof text === 'string' ? text : '';
}

/** The members of a JSON object; none if it is something else. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
