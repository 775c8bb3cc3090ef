import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { all, at, leaf, node, textAt, type XmlElement } from '../xml.ts';
import { type Moref, readMoref, readResponse, reference, requestEnvelope, SoapFault } from './soap.ts';

/** What became of a task. */
export type TaskOutcome =
  | { readonly state: 'success'; readonly result: XmlElement | undefined }
  | { readonly state: 'error' };

const ROOT: Moref = { type: 'ServiceInstance', value: 'ServiceInstance' };
const PROPERTY_COLLECTOR: Moref = { type: 'PropertyCollector', value: 'propertyCollector' };
const SESSION_MANAGER: Moref = { type: 'SessionManager', value: 'SessionManager' };
const SEARCH_INDEX: Moref = { type: 'SearchIndex', value: 'SearchIndex' };
const TASK_MANAGER: Moref = { type: 'TaskManager', value: 'TaskManager' };
/** The only task type that vcsim's extension manager knows (simulator/extension_manager.go). */
const TASK_TYPE = 'com.vmware.govmomi.simulator.test';

/** The lab's own connection to vcsim: what the guest and the front proxy need, and no more. */
export class VcsimClient {
  readonly origin: URL;
  readonly #agent = new Agent({ keepAlive: true });
  #cookie: string | undefined;

  constructor(origin: URL) {
    this.origin = origin;
  }

  async login(username: string, password: string): Promise<void> {
    await this.call('Login', SESSION_MANAGER, leaf('userName', username) + leaf('password', password));
  }

  /** Calls a method; `args` is markup in the published order. Throws SoapFault. */
  async call(method: string, self: Moref, args = ''): Promise<XmlElement> {
    return readResponse(await this.#post(requestEnvelope(method, self, args)));
  }

  /** Properties of one object by their paths; a property that is unset is missing. */
  async properties(self: Moref, ...paths: string[]): Promise<Record<string, XmlElement>> {
    const spec = node(
      'specSet',
      node('propSet', leaf('type', self.type) + paths.map((path) => leaf('pathSet', path)).join('')) +
        node('objectSet', reference('obj', self)),
    );
    const response = await this.call('RetrievePropertiesEx', PROPERTY_COLLECTOR, `${spec}<options/>`);
    const object = at(response, 'returnval', 'objects');
    if (object === undefined) throw new SoapFault('ManagedObjectNotFound', `${self.type}:${self.value}`);
    const found: Record<string, XmlElement> = {};
    for (const property of all(object, 'propSet')) {
      const value = at(property, 'val');
      if (value !== undefined) found[textAt(property, 'name') ?? ''] = value;
    }
    return found;
  }

  /**
   * Waits for a task of vcsim's. Its WaitForUpdatesEx looks at its queue every 20 ms only, and most tasks take less
   * than 1 ms, so this reads the task with a short back-off instead.
   */
  async task(task: Moref, signal?: AbortSignal): Promise<TaskOutcome> {
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      const { info } = await this.properties(task, 'info');
      const state = textAt(info, 'state');
      if (state === 'success') return { state, result: at(info, 'result') };
      if (state === 'error') return { state };
      await delay(pause, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** Reconfigures a VM and waits for it; `spec` is the markup inside the VirtualMachineConfigSpec. */
  async reconfigure(vm: Moref, spec: string): Promise<void> {
    const response = await this.call('ReconfigVM_Task', vm, node('spec', spec));
    const task = readMoref(at(response, 'returnval'));
    if (task === undefined) throw new SoapFault('SystemError', 'ReconfigVM_Task returned no task');
    const outcome = await this.task(task);
    if (outcome.state === 'error')
      throw new SoapFault('SystemError', `the lab's ReconfigVM_Task of ${vm.value} failed`);
  }

  /** The child of a folder by name. */
  async child(folder: Moref, name: string): Promise<Moref | undefined> {
    const response = await this.call('FindChild', SEARCH_INDEX, reference('entity', folder) + leaf('name', name));
    return readMoref(at(response, 'returnval'));
  }

  /** Makes a task that stays running until `endTask`. vcsim registers it a moment after its answer. */
  async createTask(entity: Moref): Promise<Moref> {
    const response = await this.call(
      'CreateTask',
      TASK_MANAGER,
      reference('obj', entity) + leaf('taskTypeId', TASK_TYPE) + leaf('cancelable', false),
    );
    const task = readMoref(at(response, 'returnval', 'task'));
    if (task === undefined) throw new SoapFault('SystemError', 'CreateTask returned no task');
    await this.#setTaskState(task, leaf('state', 'running'));
    return task;
  }

  /** Ends a task of createTask's with a result, or with a fault (markup of a LocalizedMethodFault). */
  async endTask(task: Moref, end: { result?: string; fault?: string }): Promise<void> {
    const state = leaf('state', end.fault === undefined ? 'success' : 'error');
    await this.#setTaskState(task, state + (end.result ?? '') + (end.fault ?? ''));
  }

  /** Ends sessions by their keys, as an administrator would; unknown ones are left out. */
  async terminateSessions(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      try {
        await this.call('TerminateSession', SESSION_MANAGER, leaf('sessionId', key));
      } catch (error) {
        if (!(error instanceof SoapFault && error.type === 'NotFound')) throw error;
      }
    }
  }

  async serviceContent(): Promise<XmlElement> {
    return this.call('RetrieveServiceContent', ROOT);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #setTaskState(task: Moref, args: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.call('SetTaskState', task, args);
        return;
      } catch (error) {
        if (attempt === 20 || !(error instanceof SoapFault && error.type === 'ManagedObjectNotFound')) throw error;
        await delay(attempt);
      }
    }
  }

  #post(body: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = request(
      new URL('/sdk', this.origin),
      {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'text/xml; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          SOAPAction: 'urn:vim25/6.7',
          ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        const cookie = response.headers['set-cookie']?.[0];
        if (cookie !== undefined) this.#cookie = cookie.split(';')[0];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      },
    );
    call.on('error', reject);
    call.end(body);
    return promise;
  }
}
