import type { Vsphere } from './connect.ts';
import type { TaskOptions } from './task.ts';
import type { Ref } from './values.ts';
import type { VirtualMachineSnapshotTree } from './vim25.gen.ts';
import type { VmRef } from './vm.ts';

export type SnapshotRef = Ref<'VirtualMachineSnapshot'>;

/**
 * CreateSnapshot_Task. Names need not be unique: keep the reference. It freezes extraConfig with the disks. Without
 * memory a revert leaves the VM off; quiescing is skipped without a word when the VM is off or has no Tools.
 */
export async function createSnapshot(
  vc: Vsphere,
  vm: VmRef,
  spec: {
    readonly name: string;
    readonly description?: string | undefined;
    readonly memory?: boolean;
    readonly quiesce?: boolean;
  },
  options: TaskOptions = {},
): Promise<SnapshotRef> {
  const { name, description, memory = false, quiesce = false } = spec;
  return vc.task('CreateSnapshot_Task', vm, { name, description, memory, quiesce }, options);
}

/** RevertToSnapshot_Task: disks, hardware and extraConfig go back. One with memory powers the VM on unless suppressed. */
export async function revertToSnapshot(
  vc: Vsphere,
  vm: VmRef,
  snapshot: SnapshotRef,
  options: TaskOptions & { readonly suppressPowerOn?: boolean } = {},
): Promise<void> {
  const { suppressPowerOn } = options;
  await vc.task('RevertToSnapshot_Task', snapshot, { suppressPowerOn }, { vm, ...options });
}

/** RemoveSnapshot_Task, merging its disks; afterwards `runtime.consolidationNeeded` tells whether that worked. */
export async function removeSnapshot(
  vc: Vsphere,
  vm: VmRef,
  snapshot: SnapshotRef,
  options: TaskOptions & { readonly children?: boolean } = {},
): Promise<void> {
  await vc.task(
    'RemoveSnapshot_Task',
    snapshot,
    { removeChildren: options.children ?? false, consolidate: true },
    { vm, ...options },
  );
}

/** ConsolidateVMDisks_Task, where `runtime.consolidationNeeded` says so. */
export async function consolidateDisks(vc: Vsphere, vm: VmRef, options: TaskOptions = {}): Promise<void> {
  await vc.task('ConsolidateVMDisks_Task', vm, {}, options);
}

/** All snapshots of a `snapshot.rootSnapshotList`, parents before children. */
export function flattenSnapshots(
  roots: readonly VirtualMachineSnapshotTree[] | undefined,
): VirtualMachineSnapshotTree[] {
  return (roots ?? []).flatMap((tree) => [tree, ...flattenSnapshots(tree.childSnapshotList)]);
}
