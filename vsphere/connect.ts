import { IngotError } from '../common/failure.ts';
import type { WatchedType } from './collector.ts';
import type { VsphereEvent } from './events.ts';
import { openHttp } from './http.ts';
import type { ManagedType, PathOf, Read, ReadOptions } from './properties.ts';
import { properties } from './properties.ts';
import type { Rest } from './rest.ts';
import type { CallOptions } from './session.ts';
import { Session } from './session.ts';
import type { Params, Returns, Target } from './soap.ts';
import { Soap } from './soap.ts';
import type { TaskMethod, TaskOptions, TaskResult } from './task.ts';
import { runTask, waitForTask } from './task.ts';
import type { Address, Trust } from './trust.ts';
import { openerFor } from './trust.ts';
import type { Ref } from './values.ts';
import { isTooOld, negotiateVersion, OLDEST_API } from './versions.ts';
import type { Methods, ServiceContent } from './vim25.gen.ts';
import type { Look, Watched, WatcherTiming, WatchOptions } from './watch.ts';
import { DEFAULT_TIMING, Watcher } from './watch.ts';

export interface ConnectOptions {
  /** `vcenter.example.com`, `10.0.0.5:8443`, `[fd00::1]` or an https URL. */
  readonly server: string;
  readonly username: string;
  readonly password: string;
  readonly tls?: Trust | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: VsphereEvent) => void) | undefined;
  /** Lengths of polls; for tests. */
  readonly timing?: Partial<WatcherTiming> | undefined;
}

/** One logged-in connection to vCenter or ESXi. */
export class Vsphere {
  readonly session: Session;
  readonly watcher: Watcher;
  readonly onEvent: (event: VsphereEvent) => void;
  #rest: Promise<Rest> | undefined;

  constructor(session: Session, watcher: Watcher, onEvent: (event: VsphereEvent) => void) {
    this.session = session;
    this.watcher = watcher;
    this.onEvent = onEvent;
  }

  /** The managers and the root folder. */
  get content(): ServiceContent {
    return this.session.content;
  }

  /** The API version negotiated: `7.0.3.0`. */
  get apiVersion(): string {
    return this.session.soap.apiVersion;
  }

  get address(): Address {
    return this.session.soap.http.address;
  }

  /** SOAP requests sent so far. */
  get requests(): number {
    return this.session.soap.requests;
  }

  /** Calls a method of the API. Throws VsphereFault and the connection's errors; see `Session.call`. */
  call<M extends keyof Methods>(
    method: M,
    target: Target<M>,
    params: Params<M>,
    options?: CallOptions,
  ): Promise<Returns<M>> {
    return this.session.call(method, target, params, options);
  }

  /** Starts a task and waits for its result; see `runTask`. */
  task<M extends TaskMethod>(
    method: M,
    target: Target<M>,
    params: Params<M>,
    options?: TaskOptions,
  ): Promise<TaskResult<M>> {
    return runTask(this, method, target, params, options);
  }

  /** Waits for a task that runs already; see `waitForTask`. */
  waitForTask(task: Ref<'Task'>, options?: TaskOptions): Promise<unknown> {
    return waitForTask(this, task, options);
  }

  /** Properties of several objects of one type, in one request; see `properties`. */
  properties<T extends ManagedType, P extends PathOf<T>>(
    objects: readonly Ref<T>[],
    paths: readonly P[],
    options?: ReadOptions,
  ): Promise<Read<T, P>[]> {
    return properties(this.session, objects, paths, options);
  }

  /** Properties of one object. */
  async read<T extends ManagedType, P extends PathOf<T>>(
    object: Ref<T>,
    paths: readonly P[],
    options?: ReadOptions,
  ): Promise<Read<T, P>> {
    const [values] = await properties(this.session, [object], paths, options);
    if (values === undefined) throw new IngotError('vsphere.gone', `${object.type}:${object.value} does not exist`);
    return values;
  }

  /** Waits for an object's properties; see `Watcher.watch`. */
  watch<T extends WatchedType, R>(
    object: Ref<T>,
    predicate: (values: Watched<T>) => R | undefined | false,
    options: WatchOptions,
  ): Promise<R> {
    return this.watcher.watch(object, predicate, options);
  }

  /** Waits for several objects at once; see `Watcher.watchAll`. */
  watchAll<R>(
    objects: readonly Ref<WatchedType>[],
    predicate: (look: Look) => R | undefined | false,
    options: WatchOptions,
  ): Promise<R> {
    return this.watcher.watchAll(objects, predicate, options);
  }

  /** The REST API of the same vCenter; see `Rest`. */
  rest(): Promise<Rest> {
    this.#rest ??= import('./rest.ts').then(({ Rest: RestClass }) => new RestClass(this.session));
    return this.#rest;
  }

  /** Ends open waits, logs out and closes the sockets. Never throws. */
  async close(): Promise<void> {
    await this.watcher.close();
    await (await this.#rest)?.close();
    await this.session.close();
    await this.session.soap.http.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Connects and logs in. Throws `vsphere.server` for an address that is none, `vsphere.unreachable` and
 * `vsphere.certificate` (both `unreachable`), `vsphere.ca-file`, `vsphere.thumbprint`, `vsphere.login`.
 */
export async function connect(options: ConnectOptions): Promise<Vsphere> {
  const { server, username, password, tls = {}, signal, timing, onEvent = () => {} } = options;
  const address = parseServer(server);
  const http = await openHttp(address, await openerFor(address, tls));
  try {
    if (tls.insecure)
      warn(onEvent, 'vsphere.insecure', `The certificate of ${address.host} is not verified (insecure).`);
    const version = await negotiateVersion(http, signal);
    if (isTooOld(version)) {
      warn(
        onEvent,
        'vsphere.old',
        `${address.host} speaks vSphere API ${version}; ${OLDEST_API} is the oldest supported.`,
      );
    }
    const soap = new Soap(http, version);
    const session = await Session.open(soap, { username, password }, onEvent, signal);
    return new Vsphere(session, new Watcher(session, { ...DEFAULT_TIMING, ...timing }), onEvent);
  } catch (error) {
    await http.close();
    throw error;
  }
}

function warn(onEvent: (event: VsphereEvent) => void, code: string, message: string): void {
  onEvent({ type: 'warning', code, message });
}

/** Host and port of what a person writes for a server. */
export function parseServer(server: string): Address {
  const url = URL.parse(server.includes('://') ? server : `https://${server}`);
  if (url?.protocol !== 'https:' || url.hostname === '') {
    throw new IngotError(
      'vsphere.server',
      `expected a host name, an address or an https URL as vCenter's, found "${server}"`,
      {
        remedy: 'Correct vcenter.server in the image file.',
      },
    );
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 443 : Number(url.port) };
}
