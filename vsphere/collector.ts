import type { ReadRequest } from './properties.ts';
import { readMixed } from './properties.ts';
import type { Session } from './session.ts';
import type { Ref, VimFault } from './values.ts';
import { refText } from './values.ts';
import type { ObjectUpdate, PropertyFilterSpec, UpdateSet } from './vim25.gen.ts';
import { isNewer } from './wire.ts';

/** The properties a wait can follow, by type. Leaves, since a parent is sent whole whenever one of its children changes. */
export const WATCHED = {
  Task: ['info'],
  HttpNfcLease: ['state', 'info', 'error'],
  VirtualMachine: [
    'runtime.powerState',
    'runtime.question',
    'runtime.connectionState',
    'config.extraConfig',
    'guest.net',
    'guest.ipAddress',
    'guest.hostName',
    'guest.guestState',
    'guest.toolsRunningStatus',
    'guest.guestOperationsReady',
    'guest.toolsVersion',
    'guest.toolsVersionStatus2',
    'guest.customizationInfo',
  ],
} as const;

const types: readonly WatchedType[] = ['Task', 'HttpNfcLease', 'VirtualMachine'];

/** Properties that older servers do not know, and since when there are (vSphere API, by `since`). */
const SINCE: Readonly<Record<string, string>> = { 'guest.customizationInfo': '7.0.2.0' };

function pathsOf(type: WatchedType, apiVersion: string): readonly string[] {
  return WATCHED[type].filter((path) => !isNewer(SINCE[path] ?? '', apiVersion));
}

export type WatchedType = keyof typeof WATCHED;

/** What is known of one object that is followed. */
export interface Followed {
  readonly object: Ref<WatchedType>;
  /** undefined until its first update. */
  values: Record<string, unknown> | undefined;
  /** It was deleted, or may not be read. */
  lost: VimFault | undefined;
}

/**
 * A PropertyCollector of the connection's own with one filter over one ListView: what is followed changes with one
 * ModifyListView, and a pending long poll takes note of it. Only one WaitForUpdatesEx runs at a time: concurrent ones
 * discard each other's state.
 */
export class Collector {
  readonly followed = new Map<string, Followed>();
  readonly #session: Session;
  #remote: { collector: Ref<'PropertyCollector'>; view: Ref<'ListView'>; generation: number } | undefined;
  #version = '';
  #changing: Promise<void> | undefined;
  readonly #inView = new Set<string>();
  readonly #unused = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Takes an object into what is followed; goes out with the next `sync`. */
  follow(object: Ref<WatchedType>): Followed {
    const key = refText(object);
    this.#unused.delete(key);
    const known = this.followed.get(key);
    if (known && known.lost === undefined) return known;
    const fresh: Followed = { object, values: undefined, lost: undefined };
    this.followed.set(key, fresh);
    return fresh;
  }

  /**
   * Nobody waits for the object any more. A task or a lease leaves with the next change of the view, a VM only with the
   * next collector: the same VMs are waited for again and again.
   */
  unfollow(object: Ref<WatchedType>): void {
    this.#unused.add(refText(object));
  }

  /** Brings the server's view in line with what is followed: three requests the first time, then at most one. */
  async sync(signal: AbortSignal): Promise<void> {
    while (this.#changing) await this.#changing;
    this.#changing = this.#sync(signal).finally(() => {
      this.#changing = undefined;
    });
    await this.#changing;
  }

  /** One long poll: applies what changed. False if nothing did within `maxWaitSeconds`. */
  async poll(maxWaitSeconds: number, signal: AbortSignal): Promise<boolean> {
    if (this.#remote === undefined) return false;
    const answerMs = (maxWaitSeconds + 30) * 1000;
    const set = await this.#session.call(
      'WaitForUpdatesEx',
      this.#remote.collector,
      { version: this.#version, options: { maxWaitSeconds } },
      // Sent again after a cut it would discard the state of the first, which may still run: start over instead.
      { signal, answerMs, repeatable: false, relogin: false },
    );
    if (set === undefined) return false;
    this.#version = set.version;
    this.#apply(set);
    return true;
  }

  /** Reads objects that are followed afresh, whatever the collector says. One request. */
  async reread(objects: readonly Ref<WatchedType>[], signal: AbortSignal): Promise<void> {
    const requests: ReadRequest[] = objects.map((object) => ({
      object,
      paths: pathsOf(object.type, this.#session.soap.apiVersion),
    }));
    const found = await readMixed(this.#session, requests, { signal });
    for (const { object } of requests) {
      const item = this.followed.get(refText(object));
      const values = found.get(refText(object));
      if (item && values) item.values = { ...values };
      else if (item) item.lost = GONE;
    }
  }

  /** Starts over with a new collector: the session or the collector is gone, or its state is not certain. */
  reset(): void {
    const { collector, generation } = this.#remote ?? {};
    this.#remote = undefined;
    // A poll that was cut may still run on the server; destroying its collector ends it.
    if (collector && generation === this.#session.generation)
      this.#session.call('DestroyPropertyCollector', collector, {}, { relogin: false }).catch(() => undefined);
    this.#version = '';
    this.#inView.clear();
  }

  async #sync(signal: AbortSignal): Promise<void> {
    if (this.#remote?.generation !== this.#session.generation) this.reset();
    for (const key of this.#unused) if (!this.#inView.has(key)) this.#forget(key);
    const add = [...this.followed.values()].filter(
      ({ object, lost }) => lost === undefined && !this.#inView.has(refText(object)),
    );
    if (this.#remote === undefined) {
      this.#remote = await this.#create(
        add.map(({ object }) => object),
        signal,
      );
    } else {
      if (add.length === 0) return;
      const ended = [...this.#unused].filter((key) => this.followed.get(key)?.object.type !== 'VirtualMachine');
      const remove = ended.flatMap((key) => this.followed.get(key)?.object ?? []);
      const missing = await this.#session.call(
        'ModifyListView',
        this.#remote.view,
        { add: add.map(({ object }) => object), remove },
        { signal, repeatable: true, relogin: false },
      );
      for (const key of ended) this.#forget(key);
      for (const object of missing) this.#lose(object, GONE);
    }
    for (const { object, lost } of add) if (lost === undefined) this.#inView.add(refText(object));
  }

  #forget(key: string): void {
    this.#unused.delete(key);
    this.#inView.delete(key);
    this.followed.delete(key);
  }

  async #create(objects: readonly Ref[], signal: AbortSignal) {
    const session = this.#session;
    const { propertyCollector, viewManager } = session.content;
    if (viewManager === undefined) throw new Error('expected a ViewManager in the service content');
    const { generation } = session;
    // A lost answer leaves an unused object in the session, no more.
    const options = { signal, repeatable: true };
    const [collector, view] = await Promise.all([
      session.call('CreatePropertyCollector', propertyCollector, {}, options),
      session.call('CreateListView', viewManager, { obj: objects }, options),
    ]);
    await session.call(
      'CreateFilter',
      collector,
      { spec: filterOver(view, session.soap.apiVersion), partialUpdates: false },
      { ...options, relogin: false },
    );
    return { collector, view, generation };
  }

  #apply(set: UpdateSet): void {
    for (const filter of set.filterSet ?? []) {
      for (const { obj, fault } of filter.missingSet ?? []) this.#lose(obj, fault);
      for (const update of filter.objectSet ?? []) this.#applyUpdate(update);
    }
  }

  #applyUpdate({ obj, kind, changeSet, missingSet }: ObjectUpdate): void {
    const item = this.followed.get(refText(obj));
    if (item === undefined) return;
    if (kind === 'leave') {
      // A task taken out of the view leaves too; only what is still wanted is lost.
      if (this.#inView.has(refText(obj))) this.#lose(obj, GONE);
      return;
    }
    const values = kind === 'enter' ? {} : { ...item.values };
    for (const { name, op, val } of changeSet ?? []) {
      for (const path of Object.keys(values)) if (path.startsWith(`${name}.`)) delete values[path];
      if (val === undefined || op === 'remove' || op === 'indirectRemove') delete values[name];
      else values[name] = val;
    }
    item.values = values;
    // Optional parents (config, guest) are absent while a VM is made; a missing right does not go away.
    const denied = missingSet?.find(({ fault }) => fault.type === 'NoPermission');
    if (denied) item.lost = denied.fault;
  }

  #lose(object: Ref, fault: VimFault): void {
    const key = refText(object);
    const item = this.followed.get(key);
    if (item) item.lost = fault;
    this.#inView.delete(key);
  }
}

const GONE: VimFault = { type: 'ManagedObjectNotFound', message: 'the object was deleted', details: {} };

function filterOver(view: Ref<'ListView'>, apiVersion: string): PropertyFilterSpec {
  return {
    propSet: types.map((type) => ({ type, all: false, pathSet: pathsOf(type, apiVersion) })),
    objectSet: [
      { obj: view, skip: true, selectSet: [{ $type: 'TraversalSpec', type: 'ListView', path: 'view', skip: false }] },
    ],
    reportMissingObjectsInResults: true,
  };
}
