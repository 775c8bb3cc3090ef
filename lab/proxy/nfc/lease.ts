import type { VcsimClient } from '../../vcsim/client.ts';
import { type Moref, reference } from '../../vcsim/soap.ts';
import { leaf, node } from '../../xml.ts';

/** A file of a lease. */
export interface LeaseFile {
  readonly key: string;
  readonly importKey: string;
  /** `disk-0.vmdk`. */
  readonly name: string;
  readonly disk: boolean;
  readonly capacityBytes: number;
  /** What the file may come to, before anybody knows. */
  readonly estimate: number;
  /** What is sent to who asks; undefined on an import. */
  readonly content: (() => AsyncIterable<Buffer>) | undefined;
}

/** What went over the wire of a file, either way. */
export interface Transferred {
  readonly bytes: number;
  readonly sha1: string;
  readonly sha256: string;
  /** Of an upload, unless it is too long to be kept. */
  readonly data: Buffer | undefined;
}

export type LeaseState = 'initializing' | 'ready' | 'done' | 'error';
export type LeaseEnd = 'completed' | 'aborted' | 'timed-out';

export interface LeaseParts {
  readonly id: string;
  readonly vcsim: VcsimClient;
  /** The VM, once there is one. */
  readonly entity: Moref;
  /** The task of the VM that lasts as long as the lease. */
  readonly task: Moref;
  /** A task whose changes stand for those of the lease (rewrite.ts). */
  readonly shadow: Moref;
  readonly timeoutSeconds: number;
  /** Told once, when it is over. */
  readonly onEnd: (end: LeaseEnd, lease: Lease) => Promise<void>;
}

/** One HttpNfcLease. Without a sign of life within its timeout it ends with an error. */
export class Lease {
  readonly id: string;
  readonly task: Moref;
  readonly shadow: Moref;
  readonly files = new Map<string, LeaseFile>();
  readonly transferred = new Map<string, Transferred>();
  entity: Moref;
  state: LeaseState = 'initializing';
  /** Markup of a LocalizedMethodFault's members. */
  error: string | undefined;
  percent = 0;
  readonly #parts: LeaseParts;
  #urlOf: (file: LeaseFile) => { readonly url: string; readonly thumbprint: string } = () => ({
    url: '',
    thumbprint: '',
  });
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.task = parts.task;
    this.shadow = parts.shadow;
    this.entity = parts.entity;
  }

  get open(): boolean {
    return this.state === 'initializing' || this.state === 'ready';
  }

  async ready(
    files: readonly LeaseFile[],
    urlOf: (file: LeaseFile) => { readonly url: string; readonly thumbprint: string },
  ): Promise<void> {
    if (!this.open) return;
    for (const file of files) this.files.set(file.name, file);
    this.#urlOf = urlOf;
    this.state = 'ready';
    this.alive();
    await this.#parts.vcsim.call('UpdateProgress', this.shadow, leaf('percentDone', 50));
  }

  /** A sign of life. */
  alive(): void {
    clearTimeout(this.#timer);
    if (!this.open) return;
    this.#timer = setTimeout(() => {
      void this.fail(node('fault', '', 'Timedout') + leaf('localizedMessage', 'Operation timed out.'), 'timed-out');
    }, this.#parts.timeoutSeconds * 1000);
    this.#timer.unref();
  }

  /** Ends with an error; `fault` is the markup inside a LocalizedMethodFault. */
  async fail(fault: string, end: LeaseEnd = 'aborted'): Promise<void> {
    if (!this.open) return;
    this.error = fault;
    await this.#end('error', end);
  }

  async end(end: 'completed' | 'aborted'): Promise<void> {
    if (this.open) await this.#end('done', end);
  }

  async #end(state: 'done' | 'error', end: LeaseEnd): Promise<void> {
    this.state = state;
    clearTimeout(this.#timer);
    await this.#parts.onEnd(end, this);
    this.files.clear();
    this.transferred.clear();
    await this.#parts.vcsim.endTask(this.task, {});
    await this.#parts.vcsim.endTask(this.shadow, {});
  }

  /** The values of its properties as markup: name, type, content; those that are unset are missing. */
  properties(): { readonly name: string; readonly type: string; readonly inner: string }[] {
    const info = this.state === 'ready' ? [{ name: 'info', type: 'HttpNfcLeaseInfo', inner: this.#info() }] : [];
    const error = this.error === undefined ? [] : [{ name: 'error', type: 'LocalizedMethodFault', inner: this.error }];
    return [{ name: 'state', type: 'HttpNfcLeaseState', inner: this.state }, ...info, ...error];
  }

  #info(): string {
    const urls = [...this.files.values()].map((file) => {
      const { url, thumbprint } = this.#urlOf(file);
      return node(
        'deviceUrl',
        leaf('key', file.key) +
          leaf('importKey', file.importKey) +
          leaf('url', url) +
          leaf('sslThumbprint', thumbprint) +
          leaf('disk', file.disk) +
          leaf('targetId', file.name) +
          leaf('fileSize', file.estimate),
      );
    });
    const capacity = [...this.files.values()].reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
    return (
      reference('lease', { type: 'HttpNfcLease', value: this.id }) +
      reference('entity', this.entity) +
      urls.join('') +
      leaf('totalDiskCapacityInKB', Math.floor(capacity / 1024)) +
      leaf('leaseTimeout', this.#parts.timeoutSeconds)
    );
  }
}
