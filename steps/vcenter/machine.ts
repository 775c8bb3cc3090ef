import type { Ref } from '../../vsphere/values.ts';
import type { VirtualMachineConfigSpec } from '../../vsphere/vim25.gen.ts';

/** What is known of a VM without asking again: kept up to date while something is waited for. */
export interface MachineState {
  readonly power: 'poweredOn' | 'poweredOff' | 'suspended';
  readonly toolsRunning: boolean;
  /** Whether guest operations would be answered: VMware Tools run, and nothing in the guest forbids them. */
  readonly guestOperationsReady: boolean;
  /** As vCenter shows it: `12389` for 12.3.5. */
  readonly toolsVersion: number | undefined;
  /** How far vCenter's customization of the guest is (GuestInfoCustomizationStatus); undefined where there is none. */
  readonly customization: { readonly status: string; readonly error: string | undefined } | undefined;
  /** All addresses of all NICs that VMware Tools report. */
  readonly addresses: readonly string[];
  readonly extraConfig: ReadonlyMap<string, string>;
}

export interface WaitOptions {
  /** A noun phrase: `VMware Tools to run`. Stands in the deadline's error. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** A VM that this build owns: it carries the image's name in its extraConfig. Nothing else is ever changed. */
export interface Machine {
  readonly vm: Ref<'VirtualMachine'>;
  readonly name: string;
  powerOn(signal: AbortSignal): Promise<void>;
  /** Asks the guest to shut down and waits until the VM is off; one that is off already is no failure. */
  shutDown(options: { readonly deadlineMs: number; readonly signal: AbortSignal }): Promise<void>;
  powerOff(signal: AbortSignal): Promise<void>;
  /** Starts it again without it being off in between. */
  reset(signal: AbortSignal): Promise<void>;
  reconfigure(spec: VirtualMachineConfigSpec, signal: AbortSignal): Promise<void>;
  snapshot(name: string, description: string, signal: AbortSignal): Promise<Ref<'VirtualMachineSnapshot'>>;
  destroy(signal: AbortSignal): Promise<void>;
  /**
   * Waits until the predicate gives something else than undefined or false; it is asked with each change, first with the
   * present state. What it throws ends the wait.
   */
  waitFor<R>(predicate: (state: MachineState) => R | undefined | false, options: WaitOptions): Promise<R>;
  /** Takes the disc of this datastore path out of its drive, also when the guest holds it; none is no failure. */
  ejectDisc(path: string, signal: AbortSignal): Promise<void>;
  /** Types a key that answers “press any key” and means nothing to firmware or Setup. */
  typeKey(signal: AbortSignal): Promise<void>;
  /** The log that the host keeps of the VM: `[datastore] folder/vmware.log`. */
  logPath(signal: AbortSignal): Promise<string>;
  /** Asks vCenter for a picture of the console and saves it as a file of this machine; undefined where it cannot. */
  screenshot(signal: AbortSignal): Promise<string | undefined>;
}
