import type { LabContext } from './context.ts';
import { Guest } from './guest/guest.ts';
import { Publisher } from './guest/publisher.ts';
import { VmwareLog } from './guest/vmware-log.ts';
import { Disk } from './guest/windows.ts';
import type { Question } from './proxy/methods/cdrom.ts';
import type { SavedConfig } from './saved-config.ts';
import type { Moref } from './vcsim/soap.ts';

/** What a snapshot means: the disk and the configuration of that moment. */
export interface Frozen {
  readonly disk: Disk;
  readonly config: SavedConfig;
  /** The snapshot holds memory of a running VM, so that a revert leaves the VM running. */
  readonly running: boolean;
}

/** What the lab keeps of one VM beside vcsim. */
export class Machine {
  readonly vm: Moref;
  disk = new Disk();
  guest: Guest | undefined;
  /** vmware.log in its folder; undefined before the first power-on. */
  log: VmwareLog | undefined;
  /** What a task of this VM waits for. */
  question: Question | undefined;
  readonly snapshots = new Map<string, Frozen>();
  /** The snapshot that the VM stands on. */
  current: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(vm: Moref) {
    this.vm = vm;
  }

  /** Runs what changes the VM one after the other. */
  exclusive<T>(what: () => Promise<T>): Promise<T> {
    const result = this.#last.then(what);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** The VMs of a lab. */
export class Machines {
  /** What VM template items of content libraries hold, by their ids: vcsim copies no disk of the lab's. */
  readonly libraryItems = new Map<string, Pick<Frozen, 'disk' | 'config'>>();
  readonly #lab: LabContext;
  readonly #machines = new Map<string, Machine>();

  constructor(lab: LabContext) {
    this.#lab = lab;
  }

  of(vm: Moref): Machine {
    let machine = this.#machines.get(vm.value);
    if (machine === undefined) {
      machine = new Machine(vm);
      this.#machines.set(vm.value, machine);
    }
    return machine;
  }

  all(): Machine[] {
    return [...this.#machines.values()];
  }

  /** The VM was powered on, or reset: resolves when vmware.log says so. */
  async start(machine: Machine, how: 'power-on' | 'reset' = 'power-on'): Promise<void> {
    if (machine.guest !== undefined) return;
    machine.log ??= await this.#openLog(machine.vm);
    await (how === 'reset' ? machine.log?.reset() : machine.log?.begin());
    const guest = new Guest(this.#lab, machine.vm, machine.disk, machine.log, async () => {
      machine.guest = undefined;
    });
    machine.guest = guest;
    guest.start();
  }

  async #openLog(vm: Moref): Promise<VmwareLog | undefined> {
    const found = await this.#lab.vcsim.properties(vm, 'config.files.logDirectory', 'config.files.vmPathName');
    const vmx = found['config.files.vmPathName']?.text ?? '';
    const place = (found['config.files.logDirectory']?.text || vmx.replace(/\/[^/]*$/, '')).replace(/\/+$/, '');
    const folder = await this.#lab.datastores.resolve(place);
    return folder === undefined ? undefined : new VmwareLog(`${place}/vmware.log`, folder);
  }

  /** The power was cut. */
  async powerOff(machine: Machine): Promise<void> {
    const { guest } = machine;
    machine.guest = undefined;
    await guest?.powerOff();
  }

  /** The VM goes back to a snapshot taken while it was off: its power state too, which vcsim leaves as it was. */
  async forcePowerOff(machine: Machine): Promise<void> {
    if (machine.guest === undefined) return;
    await this.powerOff(machine);
    await new Publisher(this.#lab.vcsim, machine.vm).poweredOff(true);
  }

  async forget(machine: Machine): Promise<void> {
    this.#machines.delete(machine.vm.value);
    const { guest } = machine;
    machine.guest = undefined;
    await guest?.vanish();
  }

  /** Whether a running VM has this file of a datastore open. */
  holder(file: string): Machine | undefined {
    return this.all().find((machine) => machine.guest?.openFiles.includes(file));
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((machine) => machine.guest?.vanish()));
  }
}
