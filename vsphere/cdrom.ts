import type { Vsphere } from './connect.ts';
import type { TaskOptions } from './task.ts';
import { reconfigure, type VmRef } from './vm.ts';

/** The choice “Yes” of the question that a disc which Windows holds makes the host ask. */
const overrideLock = '0';

/**
 * Takes a disc out of the drives of a VM, also of one that runs, and leaves the drives. A guest that holds the disc makes
 * the host ask `msg.cdromdisconnect.locked`, which hangs the task until it is answered: it is told to override the lock.
 * Any other question is the task's error.
 *
 * @param file datastore path of the disc
 * @returns whether there was such a disc
 */
export async function ejectDisc(vc: Vsphere, vm: VmRef, file: string, options: TaskOptions = {}): Promise<boolean> {
  const values = await vc.read(vm, ['config.hardware.device'], { signal: options.signal });
  const holding = (values['config.hardware.device'] ?? []).filter(
    ({ $type, backing }) =>
      $type === 'VirtualCdrom' && backing?.$type === 'VirtualCdromIsoBackingInfo' && backing.fileName === file,
  );
  if (holding.length === 0) return false;
  const deviceChange = holding.map(({ key, controllerKey, unitNumber }) => ({
    operation: 'edit' as const,
    device: {
      $type: 'VirtualCdrom' as const,
      key,
      controllerKey,
      unitNumber,
      // An empty drive: the client device of nobody.
      backing: { $type: 'VirtualCdromRemotePassthroughBackingInfo' as const, deviceName: '', exclusive: false },
      connectable: { startConnected: false, allowGuestControl: true, connected: false },
    },
  }));
  await reconfigure(
    vc,
    vm,
    { deviceChange },
    {
      answer: (question) =>
        question.message?.some(({ id }) => id === 'msg.cdromdisconnect.locked') ? overrideLock : undefined,
      ...options,
    },
  );
  return true;
}
