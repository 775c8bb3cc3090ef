import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ScenarioState } from '../../scenario.ts';
import type { VcsimClient } from '../../vcsim/client.ts';
import type { Moref } from '../../vcsim/soap.ts';
import { Lease, type LeaseEnd } from './lease.ts';
import { routeNfc } from './route.ts';

const LEASE_SECONDS = 300;

/** The leases of a lab. vcsim's own know no ExportVm, no timeout and no abort, and throw away what is uploaded. */
export class Leases {
  readonly scenario: ScenarioState;
  readonly #vcsim: VcsimClient;
  readonly #leases = new Map<string, Lease>();

  constructor(vcsim: VcsimClient, scenario: ScenarioState) {
    this.#vcsim = vcsim;
    this.scenario = scenario;
  }

  /** A lease of a VM, or of the place where one will be, that is still initializing. */
  async begin(entity: Moref, onEnd: (end: LeaseEnd, lease: Lease) => Promise<void>): Promise<Lease> {
    const [task, shadow] = await Promise.all([this.#vcsim.createTask(entity), this.#vcsim.createTask(entity)]);
    const timeoutSeconds = this.scenario.scenario.nfc?.leaseSeconds ?? LEASE_SECONDS;
    const id = `session[${randomUUID()}]${randomUUID()}`;
    const lease = new Lease({ id, vcsim: this.#vcsim, entity, task, shadow, timeoutSeconds, onEnd });
    this.#leases.set(id, lease);
    lease.alive();
    return lease;
  }

  get(id: string): Lease | undefined {
    return this.#leases.get(id);
  }

  all(): Lease[] {
    return [...this.#leases.values()];
  }

  /** The open lease of a VM, while which nothing else may be done with it. */
  of(vm: Moref): Lease | undefined {
    return this.all().find(({ open, entity }) => open && entity.type === vm.type && entity.value === vm.value);
  }

  route(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    return routeNfc(this, incoming, outgoing);
  }
}
