import { IngotError } from '../common/failure.ts';
import { parseJson } from '../common/json.ts';
import type { HttpRequest } from './http.ts';
import { bodyText } from './http.ts';
import { objectOf, restError } from './rest-errors.ts';
import type { Session } from './session.ts';
import { retryReads } from './session.ts';
import { isNewer } from './wire.ts';

/**
 * Where a resource is, with its query: below `/api` (from 7.0 U2 on) and below `/rest` (before, and still there in
 * later versions). They differ in more than the prefix: `/content/library?action=find` is
 * `/com/vmware/content/library?~action=find` in the old one.
 */
export interface RestAddress {
  readonly api: string;
  readonly rest: string;
}

export interface RestOptions {
  /** What is sent as JSON. */
  readonly body?: unknown;
  /** The name that `/rest` has for it: `spec` sends `{"spec": body}` there, and `body` itself to `/api`. */
  readonly parameter?: string;
  /** What `/api` gets as JSON in the place of `body`: it takes by that what stands in the path of `/rest`. */
  readonly apiBody?: unknown;
  /** Nothing can happen twice: sent again after an outage. Default: a GET. */
  readonly repeatable?: boolean;
  /**
   * For calls that take one (`client_token`, a member of the body in `/rest` and a query parameter in `/api`): the server
   * does what it is sent with once, so that it may be repeated.
   */
  readonly clientToken?: string | undefined;
  /** Milliseconds until the answer begins; default 60 s. Captures and deployments answer when they are done. */
  readonly answerMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Style = keyof RestAddress;

const SESSION: RestAddress = { api: '/session', rest: '/com/vmware/cis/session' };
const API_SINCE = '7.0.2.0';
const PASSING = ['vsphere.lost-answer', 'vsphere.unreachable', 'rest.service-unavailable', 'rest.http'];

/**
 * vCenter's REST API (tags, content library), over the connection of the SOAP session and with a session of its own,
 * which is opened when it is first needed. ESXi has none.
 */
export class Rest {
  readonly #session: Session;
  #style: Style | undefined;
  #token: string | undefined;
  #login: Promise<void> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Calls the API and returns the JSON of its answer, without the envelope of `/rest`; undefined for an empty one. What
   * may be repeated is, after an outage; an expired session is renewed and the call sent again.
   *
   * @throws IngotError `rest.<error type>` (`rest.not-found`, `rest.unauthorized`, …), `rest.http`, `vsphere.login`,
   *   `vsphere.lost-answer`
   */
  async call(method: HttpRequest['method'], address: RestAddress, options: RestOptions = {}): Promise<unknown> {
    const { signal, clientToken, repeatable = method === 'GET' || clientToken !== undefined } = options;
    return retryReads(repeatable, PASSING, this.#session.onEvent, signal, async () => {
      for (let renewed = false; ; renewed = true) {
        const { token, style } = await this.#authenticated(signal);
        const answer = await this.#send(method, address, style, { 'vmware-api-session-id': token }, options);
        if (answer.status < 300) return answer.value;
        if (answer.status !== 401 || renewed)
          throw restError(`${method} ${address[style]}`, answer.status, answer.json);
        if (this.#token === token) this.#token = undefined;
      }
    });
  }

  /** Logs out, if there was a login. Never throws. */
  async close(): Promise<void> {
    const [token, style] = [this.#token, this.#style];
    if (token === undefined || style === undefined) return;
    this.#token = undefined;
    const options = { signal: AbortSignal.timeout(5000) };
    await this.#send('DELETE', SESSION, style, { 'vmware-api-session-id': token }, options).catch(() => undefined);
  }

  async #authenticated(signal: AbortSignal | undefined): Promise<{ token: string; style: Style }> {
    if (this.#token === undefined || this.#style === undefined) {
      this.#login ??= this.#logIn().finally(() => {
        this.#login = undefined;
      });
      await this.#login;
    }
    signal?.throwIfAborted();
    const [token, style] = [this.#token, this.#style];
    if (token !== undefined && style !== undefined) return { token, style };
    throw new IngotError('vsphere.login', 'expected a session of the REST API, found that it was closed');
  }

  async #logIn(): Promise<void> {
    const newer = !isNewer(API_SINCE, this.#session.soap.apiVersion);
    const styles: readonly Style[] = this.#style ? [this.#style] : newer ? ['api', 'rest'] : ['rest'];
    for (const style of styles) {
      const authorization = { authorization: this.#session.basicAuthorization };
      const { status, value, json } = await this.#send('POST', SESSION, style, authorization, {});
      if (status < 300 && typeof value === 'string') {
        [this.#token, this.#style] = [value, style];
        return;
      }
      if (status === 401 || status === 403) throw refused(status);
      if (status !== 404 || style === styles.at(-1)) throw restError('logging in to the REST API', status, json);
    }
  }

  async #send(
    method: HttpRequest['method'],
    address: RestAddress,
    style: Style,
    headers: Readonly<Record<string, string>>,
    { body, parameter, apiBody = body, clientToken, answerMs, signal }: RestOptions,
  ): Promise<{ readonly status: number; readonly json: unknown; readonly value: unknown }> {
    const spec = style === 'api' ? apiBody : parameter === undefined ? body : { [parameter]: body };
    const asMember = style === 'rest' && clientToken !== undefined;
    const sent = asMember ? { ...objectOf(spec), client_token: clientToken } : spec;
    const tokenQuery = style === 'api' && clientToken !== undefined ? { client_token: clientToken } : {};
    const answer = await this.#session.soap.http.request({
      method,
      path: `/${style}${withQuery(address[style], tokenQuery)}`,
      headers: {
        ...headers,
        accept: 'application/json',
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      signal,
      answerMs,
    });
    // undefined: an empty answer, or a proxy's page.
    const json = parseJson(await bodyText(answer, signal, `${method} ${address[style]}`));
    return { status: answer.statusCode, json, value: style === 'rest' ? objectOf(json).value : json };
  }
}

function withQuery(path: string, more: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(more).toString();
  return query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

function refused(status: number): IngotError {
  return new IngotError('vsphere.login', `vCenter refused the login to its REST API: HTTP ${status}`, {
    remedy: 'The same account may use the SOAP API: ask who runs vCenter whether its vAPI endpoint is restricted.',
  });
}
