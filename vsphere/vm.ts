import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { faultOf } from './fault.ts';
import type { ReadOptions } from './properties.ts';
import type { TaskOptions } from './task.ts';
import type { Ref } from './values.ts';
import type { VirtualMachineConfigSpec } from './vim25.gen.ts';

export type VmRef = Ref<'VirtualMachine'>;

/** ReconfigVM_Task. Never resent after a lost answer; a ConcurrentAccess fault (stale `changeVersion`) is retryable. */
export async function reconfigure(
  vc: Vsphere,
  vm: VmRef,
  spec: VirtualMachineConfigSpec,
  options: TaskOptions = {},
): Promise<void> {
  await vc.task('ReconfigVM_Task', vm, { spec }, options);
}

// A VM that has just been made has its methods disabled for a moment.
const ENABLED_AFTER_MS = [250, 500, 1000, 2000, 4000];

/**
 * PowerOnVM_Task. Deprecated on vCenter, yet PowerOnMultiVM_Task only returns recommendations under manual DRS. Tried
 * again while the method is among the VM's `disabledMethod`, as it is right after CreateVM.
 */
export async function powerOn(vc: Vsphere, vm: VmRef, options: TaskOptions = {}): Promise<void> {
  for (const pause of [...ENABLED_AFTER_MS, 0]) {
    try {
      return void (await vc.task('PowerOnVM_Task', vm, {}, options));
    } catch (error) {
      if (pause === 0 || faultOf(error)?.type !== 'InvalidState') throw error;
      const { disabledMethod } = await vc.read(vm, ['disabledMethod'], { signal: options.signal });
      if (!disabledMethod?.includes('PowerOnVM_Task')) throw error;
      await delay(pause, undefined, { signal: options.signal });
    }
  }
}

/** PowerOffVM_Task: pulls the plug. InvalidPowerState if it is off already. */
export async function powerOff(vc: Vsphere, vm: VmRef, options: TaskOptions = {}): Promise<void> {
  await vc.task('PowerOffVM_Task', vm, {}, options);
}

/** ResetVM_Task: as the button of a machine, without being off in between; its log goes on. */
export async function reset(vc: Vsphere, vm: VmRef, options: TaskOptions = {}): Promise<void> {
  await vc.task('ResetVM_Task', vm, {}, options);
}

/** ShutdownGuest: returns at once, watch `runtime.powerState`. ToolsUnavailable where VMware Tools do not run. */
export function shutdownGuest(vc: Vsphere, vm: VmRef, options: ReadOptions = {}): Promise<void> {
  return vc.call('ShutdownGuest', vm, {}, options);
}

/** Waits until the VM is off. */
export async function waitForPowerOff(
  vc: Vsphere,
  vm: VmRef,
  options: ReadOptions & { readonly deadlineMs: number },
): Promise<void> {
  const isOff = (values: { readonly 'runtime.powerState'?: string }) => values['runtime.powerState'] === 'poweredOff';
  await vc.watch(vm, isOff, { what: `${vm.value} to be powered off`, ...options });
}

/** Turns a VM that is off into a template. No task, and the change is not always announced: read back, done here. */
export async function markAsTemplate(vc: Vsphere, vm: VmRef, options: ReadOptions = {}): Promise<void> {
  await vc.call('MarkAsTemplate', vm, {}, options);
  await expectTemplate(vc, vm, true, options);
}

/** Turns a template into a VM: its pool, and its host where there is no DRS. */
export async function markAsVirtualMachine(
  vc: Vsphere,
  vm: VmRef,
  pool: Ref<'ResourcePool' | 'VirtualApp'>,
  options: ReadOptions & { readonly host?: Ref<'HostSystem'> | undefined } = {},
): Promise<void> {
  await vc.call('MarkAsVirtualMachine', vm, { pool, host: options.host }, { signal: options.signal });
  await expectTemplate(vc, vm, false, options);
}

/** AnswerVM. ConcurrentAccess if somebody else was faster. */
export function answerQuestion(
  vc: Vsphere,
  vm: VmRef,
  questionId: string,
  answerChoice: string,
  options: ReadOptions = {},
): Promise<void> {
  return vc.call('AnswerVM', vm, { questionId, answerChoice }, options);
}

/**
 * CreateScreenshot_Task of a VM that is on: the datastore path of a PNG in the VM's own folder, `[ds] vm/vm-1.png`. It
 * stays there: download it, then delete it. A blanked screen shows after a key (TAB).
 */
export function createScreenshot(vc: Vsphere, vm: VmRef, options: TaskOptions = {}): Promise<string> {
  return vc.task('CreateScreenshot_Task', vm, {}, options);
}

/** Types keys by their USB HID usage codes, one call a key: several events in one call get lost. Needs vSphere 6.5. */
export async function putUsbScanCodes(
  vc: Vsphere,
  vm: VmRef,
  usages: readonly number[],
  options: ReadOptions = {},
): Promise<void> {
  for (const usage of usages) {
    const keyEvents = [{ usbHidCode: (usage << 16) | 7 }];
    const accepted = await vc.call('PutUsbScanCodes', vm, { spec: { keyEvents } }, options);
    if (accepted !== 1)
      throw new IngotError('vsphere.keys', `expected one key event to be accepted, found ${accepted}`);
  }
}

/** The VM or template with that instanceUuid (or, `bios: true`, BIOS UUID), wherever it is. */
export async function findByUuid(
  vc: Vsphere,
  uuid: string,
  options: ReadOptions & { readonly bios?: boolean } = {},
): Promise<VmRef | undefined> {
  const { searchIndex } = vc.content;
  if (searchIndex === undefined) return undefined;
  const params = { uuid, vmSearch: true, instanceUuid: !options.bios };
  const found = await vc.call('FindByUuid', searchIndex, params, { signal: options.signal });
  return found && { type: 'VirtualMachine', value: found.value };
}

async function expectTemplate(vc: Vsphere, vm: VmRef, expected: boolean, options: ReadOptions): Promise<void> {
  const values = await vc.read(vm, ['config.template'], { signal: options.signal });
  if (values['config.template'] === expected) return;
  throw new IngotError(
    'vsphere.template',
    `expected ${vm.value} to be ${expected ? 'a template' : 'a virtual machine'}, config.template is ${String(values['config.template'])}`,
    { retryable: true },
  );
}
