import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import { extraConfigMap } from '../extra-config.ts';
import { faultOf, isFault } from '../fault.ts';
import { cloneVm, destroy } from '../folder.ts';
import type { PoolRef } from '../inventory.ts';
import type { SnapshotRef } from '../snapshot.ts';
import { isRef, type Ref } from '../values.ts';
import type { HttpNfcLeaseInfo } from '../vim25.gen.ts';
import type { VmRef } from '../vm.ts';
import { abortLease, type LeaseOptions, type LeaseRef, leaseReady } from './lease.ts';

/** A full copy of a template, made to be exported and deleted again. */
export interface TemporaryClone {
  readonly name: string;
  readonly folder: Ref<'Folder'>;
  readonly pool: PoolRef;
  readonly host?: Ref<'HostSystem'> | undefined;
  readonly datastore?: Ref<'Datastore'> | undefined;
  /** By what it is known to be the caller's own: one that a dead export left is deleted by these. */
  readonly extraConfig: Readonly<Record<string, string>>;
}

export interface ExportSource {
  readonly snapshot?: SnapshotRef | undefined;
  readonly clone?: TemporaryClone | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A lease that is ready; disposing of it deletes the copy that was made for it. */
export interface OpenedExport extends AsyncDisposable {
  readonly lease: LeaseRef;
  readonly info: HttpNfcLeaseInfo;
  /** What is exported: the VM that was asked for, or a copy. */
  readonly vm: VmRef;
}

const DESTROY_MS = 5 * 60_000;

/**
 * ExportVm, or ExportSnapshot. The API's documentation does not say whether ExportVm takes a template, and answers may
 * differ between versions: where it is refused for the VM's state, a copy is exported.
 */
export async function openExport(
  vc: Vsphere,
  vm: VmRef,
  { snapshot, clone, onWarning }: ExportSource,
  options: LeaseOptions,
): Promise<OpenedExport> {
  const { signal } = options;
  const values = await vc.read(vm, ['runtime.powerState', 'config.template'], { signal });
  const power = values['runtime.powerState'];
  if (snapshot === undefined && power !== 'poweredOff') {
    throw new IngotError('ovf.powered-on', `expected the VM to be off for an export, found it ${power}`, {
      remedy: 'Shut it down, or export one of its snapshots.',
    });
  }
  try {
    const opened = await openLease(vc, vm, snapshot, options);
    return { ...opened, vm, [Symbol.asyncDispose]: () => Promise.resolve() };
  } catch (error) {
    const refused = isFault(error, 'InvalidState', 'NotSupported') && !isFault(error, 'InvalidPowerState');
    if (values['config.template'] !== true || !refused) throw error;
    if (clone === undefined) throw templateError(error);
    onWarning?.(`vCenter does not export the template as it is (${faultOf(error)?.type}): a copy of it is exported`);
    return openClone(vc, vm, clone, options, onWarning);
  }
}

/** One export of a VM at a time: while another runs, that one's task is waited for. */
async function openLease(vc: Vsphere, vm: VmRef, snapshot: SnapshotRef | undefined, options: LeaseOptions) {
  const lease = await askForLease(vc, vm, snapshot, options);
  try {
    return { lease, info: await leaseReady(vc, lease, options) };
  } catch (error) {
    await abortLease(vc, lease);
    throw error;
  }
}

async function askForLease(
  vc: Vsphere,
  vm: VmRef,
  snapshot: SnapshotRef | undefined,
  { signal, deadlineMs }: LeaseOptions,
): Promise<LeaseRef> {
  const began = Date.now();
  for (;;) {
    try {
      return snapshot === undefined
        ? await vc.call('ExportVm', vm, {}, { signal })
        : await vc.call('ExportSnapshot', snapshot, {}, { signal });
    } catch (error) {
      const busy = isFault(error, 'TaskInProgress') ? faultOf(error)?.details.task : undefined;
      const left = deadlineMs - (Date.now() - began);
      if (!isRef(busy) || left <= 0) throw error;
      const other = { signal, deadlineMs: left, what: `another task of ${vm.value}` };
      await vc.waitForTask({ type: 'Task', value: busy.value }, other).catch((failed: unknown) => {
        if (!isFault(failed, 'MethodFault')) throw failed;
      });
    }
  }
}

async function openClone(
  vc: Vsphere,
  vm: VmRef,
  clone: TemporaryClone,
  options: LeaseOptions,
  onWarning: ((message: string) => void) | undefined,
): Promise<OpenedExport> {
  const copy = await makeClone(vc, vm, clone, options);
  const discard = async () => {
    // Also after an interrupt. What stays all the same goes with the next export.
    await destroy(vc, copy, { signal: AbortSignal.timeout(DESTROY_MS) }).catch((error: unknown) => {
      onWarning?.(`${clone.name} could not be deleted: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  try {
    return { ...(await openLease(vc, copy, undefined, options)), vm: copy, [Symbol.asyncDispose]: discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function makeClone(vc: Vsphere, vm: VmRef, clone: TemporaryClone, options: LeaseOptions): Promise<VmRef> {
  const { name, folder, pool, host, datastore, extraConfig } = clone;
  const entries = Object.entries(extraConfig).map(([key, value]) => ({ key, value }));
  const spec = {
    location: { pool, host, datastore },
    template: false,
    powerOn: false,
    config: { extraConfig: entries },
  };
  for (let second = false; ; second = true) {
    try {
      return await cloneVm(vc, vm, { folder, name, spec }, { signal: options.signal, deadlineMs: options.deadlineMs });
    } catch (error) {
      const holder = isFault(error, 'DuplicateName') ? faultOf(error)?.details.object : undefined;
      if (second || !isRef(holder) || holder.type !== 'VirtualMachine') throw error;
      await destroyLeftover(vc, { type: 'VirtualMachine', value: holder.value }, clone, options.signal);
    }
  }
}

/** Only what has all marks of such a copy is deleted. */
async function destroyLeftover(vc: Vsphere, vm: VmRef, { name, extraConfig }: TemporaryClone, signal: AbortSignal) {
  const values = await vc.read(vm, ['config.extraConfig', 'config.template'], { signal });
  const found = extraConfigMap(values['config.extraConfig']);
  const marks = Object.entries(extraConfig);
  if (
    marks.length > 0 &&
    values['config.template'] !== true &&
    marks.every(([key, value]) => found.get(key) === value)
  ) {
    await destroy(vc, vm, { signal }).catch((error: unknown) => {
      if (!isFault(error, 'ManagedObjectNotFound')) throw error;
    });
    return;
  }
  throw new IngotError('ovf.name-taken', `expected no VM of the name ${name}, found one that no export has made`, {
    remedy: 'Rename or delete it: the copy that is exported needs its name for a while.',
  });
}

function templateError(cause: unknown): IngotError {
  return new IngotError('ovf.template', 'expected vCenter to export the template, found that it refuses', {
    cause,
    evidence: cause instanceof Error ? [cause.message] : [],
    remedy: 'Clone it to a VM, and export that.',
  });
}
