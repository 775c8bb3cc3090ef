import { writeFile } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import { ejectDisc } from '../../vsphere/cdrom.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { isFault } from '../../vsphere/fault.ts';
import { destroy } from '../../vsphere/folder.ts';
import { createSnapshot } from '../../vsphere/snapshot.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { GuestNicInfo } from '../../vsphere/vim25.gen.ts';
import {
  createScreenshot,
  powerOff,
  powerOn,
  putUsbScanCodes,
  reconfigure,
  reset,
  shutdownGuest,
} from '../../vsphere/vm.ts';
import type { Watched } from '../../vsphere/watch.ts';
import { collectBytes } from '../support/bytes.ts';
import { explained } from '../support/late.ts';
import type { DatastoreFiles } from './files.ts';
import type { Machine, MachineState } from './machine.ts';

/** USB HID usage (keyboard page) of the right arrow: a key to EFI, and without effect where none is asked for. */
const rightArrow = 0x4f;

/** What a machine needs beside the connection. */
export interface MachineContext {
  readonly vc: Vsphere;
  /** Milliseconds that a task may take. */
  readonly taskMs: number;
  readonly files: DatastoreFiles;
  /** Path on this machine for a screenshot. */
  screenshotPath(name: string): string;
}

/** A VM as the steps see it. Every call is one method of the API, so a reader can match it to the reference. */
export function vmMachine(context: MachineContext, vm: Ref<'VirtualMachine'>, name: string): Machine {
  const { vc, taskMs } = context;
  const task = (signal: AbortSignal) => ({ signal, deadlineMs: taskMs });
  const waitFor: Machine['waitFor'] = (predicate, options) =>
    vc.watch(
      vm,
      (values) => (values['runtime.powerState'] === undefined ? undefined : predicate(stateOf(values))),
      options,
    );
  return {
    vm,
    name,
    waitFor,
    async powerOn(signal) {
      try {
        await powerOn(vc, vm, { ...task(signal), what: `powering on ${name}` });
      } catch (error) {
        if (!isFault(error, 'InvalidPowerState')) throw error; // on already
      }
    },
    async powerOff(signal) {
      try {
        await powerOff(vc, vm, { ...task(signal), what: `powering off ${name}` });
      } catch (error) {
        if (!isFault(error, 'InvalidPowerState')) throw error; // off already
      }
    },
    async reset(signal) {
      await reset(vc, vm, { ...task(signal), what: `resetting ${name}` });
    },
    async shutDown({ deadlineMs, signal }) {
      try {
        await shutdownGuest(vc, vm, { signal });
      } catch (error) {
        if (!isFault(error, 'ToolsUnavailable', 'InvalidPowerState')) throw error;
        // Off already, of which vCenter may say either.
        const now = await vc.read(vm, ['runtime.powerState'], { signal });
        if (now['runtime.powerState'] === 'suspended') throw suspended(name, error);
        if (now['runtime.powerState'] === 'poweredOn' && isFault(error, 'ToolsUnavailable')) throw noTools(name, error);
      }
      const off = waitFor((state) => state.power === 'poweredOff', {
        what: `${name} to shut down`,
        deadlineMs,
        signal,
      });
      await explained(off, () => ({
        evidence: ['asked to shut down, still on'],
        remedy: `look at the console of ${name} for what holds Windows up (an update, a service that does not stop); build again to go on from here, or raise timeouts.shutdown`,
      }));
    },
    async reconfigure(spec, signal) {
      await reconfigure(vc, vm, spec, { ...task(signal), what: `reconfiguring ${name}` });
    },
    async snapshot(snapshotName, description, signal) {
      const what = `the snapshot of ${name}`;
      return createSnapshot(vc, vm, { name: snapshotName, description }, { ...task(signal), what });
    },
    async destroy(signal) {
      const deletion = () => destroy(vc, vm, { ...task(signal), what: `deleting ${name}` });
      try {
        await deletion();
      } catch (error) {
        // Only what is on has to be switched off: a template refuses that.
        if (!isFault(error, 'InvalidPowerState')) throw error;
        await this.powerOff(signal);
        await deletion();
      }
    },
    async ejectDisc(path, signal) {
      await ejectDisc(vc, vm, path, { ...task(signal), what: `taking ${path} out of ${name}` });
    },
    typeKey: (signal) => putUsbScanCodes(vc, vm, [rightArrow], { signal }),
    async logPath(signal) {
      const values = await vc.read(vm, ['config.files.vmPathName'], { signal });
      return (values['config.files.vmPathName'] ?? '').replace(/[^/]*$/, 'vmware.log');
    },
    async screenshot(signal) {
      const picture = await createScreenshot(vc, vm, { signal, deadlineMs: 30_000, what: 'a screenshot' });
      const bytes = await collectBytes(await context.files.read(picture, signal));
      const path = context.screenshotPath(name);
      await writeFile(path, bytes);
      await context.files.delete(picture, signal);
      return path;
    },
  };
}

function noTools(name: string, cause: unknown): IngotError {
  return new IngotError(
    'vm.tools-unavailable',
    `expected VMware Tools to run in ${name} to shut it down cleanly, found that they do not`,
    {
      remedy: 'look at the console of the VM: Windows may hang, or the service VMTools was stopped',
      cause,
    },
  );
}

function suspended(name: string, cause: unknown): IngotError {
  return new IngotError('vm.suspended', `expected ${name} to run or to be off, found it suspended`, {
    remedy: 'resume it in the vSphere client, then build again',
    cause,
  });
}

function stateOf(values: Watched<'VirtualMachine'>): MachineState {
  const version = Number(values['guest.toolsVersion']);
  const customized = values['guest.customizationInfo'];
  return {
    power: values['runtime.powerState'] ?? 'poweredOff',
    toolsRunning: values['guest.toolsRunningStatus'] === 'guestToolsRunning',
    guestOperationsReady: values['guest.guestOperationsReady'] === true,
    toolsVersion: Number.isInteger(version) && version > 0 ? version : undefined,
    customization: customized && { status: customized.customizationStatus, error: customized.errorMsg },
    addresses: addressesOf(values['guest.net'] ?? [], values['guest.ipAddress']),
    extraConfig: extraConfigMap(values['config.extraConfig']),
  };
}

/** The primary address first, then all others that VMware Tools report. */
function addressesOf(nics: readonly GuestNicInfo[], primary: string | undefined): readonly string[] {
  const all = nics.flatMap((nic) => [
    ...(nic.ipConfig?.ipAddress?.map((ip) => ip.ipAddress) ?? []),
    ...(nic.ipAddress ?? []),
  ]);
  return [...new Set([...(primary === undefined || primary === '' ? [] : [primary]), ...all])];
}
