import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../common/failure.ts';
import type { VsphereEvent } from './events.ts';
import { faultError, isFault, VsphereFault } from './fault.ts';
import type { Params, Returns, Soap, SoapOptions, Target } from './soap.ts';
import type { VimFault } from './values.ts';
import { ref } from './values.ts';
import type { Methods, ObjectContent, ServiceContent } from './vim25.gen.ts';
import { isA, methodOf } from './wire.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface CallOptions extends SoapOptions {
  /** Send again after a lost answer. Default: where the method changes nothing. */
  readonly repeatable?: boolean;
  /** Log in again when the session has expired. Default true. */
  readonly relogin?: boolean;
}

// A first connection that cannot be made is told at once; later vCenter may just be restarting a service.
const LOST = ['vsphere.lost-answer'];
const OUTAGES = [...LOST, 'vsphere.unreachable'];
// Waits between tries of what may be repeated; vCenter's own restarts of a service take seconds.
const BACK_OFF_MS = [0, 1000, 4000];
// vCenter drops a session after 30 idle minutes, some after less; a long upload is no activity.
const KEEP_ALIVE_MS = 5 * 60_000;

const SERVICE_INSTANCE = ref('ServiceInstance', 'ServiceInstance');

/** One login, kept alive, renewed when it expires. */
export class Session {
  readonly soap: Soap;
  readonly content: ServiceContent;
  readonly onEvent: (event: VsphereEvent) => void;
  readonly #credentials: Credentials;
  /** Counts logins: what belongs to a session (collectors, views) is gone when it has changed. */
  generation = 0;
  /** `UserSession.key` of the present session. */
  key = '';
  /** The tasks this client has started: none of them is a lost one. */
  readonly startedTasks = new Set<string>();
  #login: Promise<void> | undefined;
  #refused: IngotError | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #lastSent = 0;

  private constructor(
    soap: Soap,
    content: ServiceContent,
    credentials: Credentials,
    onEvent: (event: VsphereEvent) => void,
  ) {
    this.soap = soap;
    this.content = content;
    this.#credentials = credentials;
    this.onEvent = onEvent;
  }

  /** The header by which the REST API opens a session: it has sessions of its own. A secret. */
  get basicAuthorization(): string {
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
  }

  /** Throws `vsphere.login` for a wrong name or password, and what `Soap.send` throws. */
  static async open(
    soap: Soap,
    credentials: Credentials,
    onEvent: (event: VsphereEvent) => void,
    signal?: AbortSignal,
  ): Promise<Session> {
    const content = await retryReads(true, LOST, onEvent, signal, () =>
      soap.send('RetrieveServiceContent', SERVICE_INSTANCE, {}, { signal }),
    );
    const session = new Session(soap, content, credentials, onEvent);
    await session.renew(0, signal);
    session.#keepAlive = setInterval(() => session.#ping(), KEEP_ALIVE_MS / 5);
    session.#keepAlive.unref();
    return session;
  }

  /**
   * Calls a method. An expired session is renewed and the call sent again, since it was refused; a lost answer is
   * repeated only where nothing can happen twice.
   */
  async call<M extends keyof Methods>(
    method: M,
    target: Target<M>,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Returns<M>> {
    const repeatable = options.repeatable ?? methodOf(method).repeatable;
    return retryReads(repeatable, OUTAGES, this.onEvent, options.signal, async () => {
      for (let renewed = false; ; renewed = true) {
        await this.#login;
        const { generation } = this;
        this.#lastSent = Date.now();
        try {
          const answer = await this.soap.send(method, target, params, options);
          const hidden = expiredInside(answer);
          if (hidden === undefined) return answer;
          throw faultError(method, hidden);
        } catch (error) {
          if (renewed || options.relogin === false || !isFault(error, 'NotAuthenticated')) throw error;
          await this.renew(generation, options.signal);
        }
      }
    });
  }

  /** Logs in unless another call has done it since `generation`. One attempt at a time; a refused one is the last. */
  async renew(generation: number, signal?: AbortSignal): Promise<void> {
    if (this.#refused) throw this.#refused;
    if (generation !== this.generation) return;
    this.#login ??= this.#logIn().finally(() => {
      this.#login = undefined;
    });
    await this.#login;
    signal?.throwIfAborted();
  }

  /** Logs out; a session that is gone already, or a server that is, is no error. */
  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    const { sessionManager } = this.content;
    if (sessionManager === undefined || this.generation === 0 || this.#refused) return;
    await this.soap.send('Logout', sessionManager, {}, { answerMs: 5000 }).catch(() => undefined);
  }

  async #logIn(): Promise<void> {
    const { sessionManager } = this.content;
    if (sessionManager === undefined)
      throw new IngotError('vsphere.login', 'expected a SessionManager in the service content, found none');
    // A live cookie makes Login fail, and after a failed one the server refuses the cookie for good.
    this.soap.cookie = undefined;
    const { username, password } = this.#credentials;
    try {
      const user = await retryReads(true, LOST, this.onEvent, undefined, () =>
        this.soap.send('Login', sessionManager, { userName: username, password, locale: 'en' }),
      );
      this.key = user.key;
    } catch (error) {
      this.soap.cookie = undefined;
      throw this.#loginFailed(error);
    }
    this.generation += 1;
    if (this.generation > 1)
      this.onEvent({ type: 'relogin', message: 'The vCenter session had expired; logged in again.' });
  }

  #loginFailed(error: unknown): unknown {
    if (!(error instanceof VsphereFault)) return error;
    const { fault } = error;
    const wrong = isA(fault.type, 'InvalidLogin');
    // Never tried again with the same password: about five failures lock the account.
    this.#refused = new VsphereFault(
      'vsphere.login',
      `vCenter refused the login of ${this.#credentials.username}: ${fault.type}${fault.message === fault.type ? '' : `: ${fault.message}`}`,
      fault,
      wrong
        ? 'Check vcenter.username (with its domain: name@vsphere.local) and the password the image file refers to.'
        : 'Check that the account may log in (NoPermission: it has no role anywhere in the inventory).',
    );
    return this.#refused;
  }

  #ping(): void {
    if (Date.now() - this.#lastSent < KEEP_ALIVE_MS) return;
    // Its own failure shows in the next real call.
    this.call('CurrentTime', SERVICE_INSTANCE, {}).catch(() => undefined);
  }
}

/** RetrievePropertiesEx without a session may answer 200, with NotAuthenticated inside each object's missingSet. */
function expiredInside(answer: unknown): VimFault | undefined {
  if (typeof answer !== 'object' || answer === null || !('objects' in answer) || !Array.isArray(answer.objects))
    return undefined;
  const objects: readonly ObjectContent[] = answer.objects;
  for (const { missingSet } of objects)
    for (const { fault } of missingSet ?? []) if (isA(fault.type, 'NotAuthenticated')) return fault;
  return undefined;
}

/** Sends what may be repeated again after an outage, a few times; `codes` are the errors that may pass. */
export async function retryReads<T>(
  repeatable: boolean,
  codes: readonly string[],
  onEvent: (event: VsphereEvent) => void,
  signal: AbortSignal | undefined,
  send: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const pause = BACK_OFF_MS[attempt];
      const passing = error instanceof IngotError && codes.includes(error.code) && error.retryable;
      if (!repeatable || !passing || pause === undefined) throw error;
      onEvent({ type: 'retry', message: error.message });
      await delay(pause, undefined, { signal });
    }
  }
}
