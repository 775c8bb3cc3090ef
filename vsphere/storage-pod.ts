import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { faultOf } from './fault.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import type { StoragePlacementSpec, VirtualMachineCloneSpec, VirtualMachineConfigSpec } from './vim25.gen.ts';
import type { VmRef } from './vm.ts';

/** What is to be placed on a datastore cluster. */
export type PodRequest = {
  readonly pool: Ref<'ResourcePool' | 'VirtualApp'>;
  readonly host?: Ref<'HostSystem'> | undefined;
  readonly folder: Ref<'Folder'>;
} & (
  | {
      readonly type: 'create';
      /** Without a datastore in `files.vmPathName` and in the disks. */
      readonly config: VirtualMachineConfigSpec;
    }
  | {
      readonly type: 'clone';
      readonly vm: VmRef;
      readonly name: string;
      /** Without a datastore in `location`. */
      readonly spec: VirtualMachineCloneSpec;
    }
);

/**
 * The datastore of a datastore cluster that Storage DRS recommends for a VM: the first of its recommendations
 * (StorageResourceManager.RecommendDatastores). It is asked only: the caller creates or clones there itself, with a task
 * that it can follow and find again.
 *
 * @throws IngotError `vsphere.storage-drs` when there is no recommendation: Storage DRS is off, or nothing fits
 */
export async function recommendDatastore(
  vc: Vsphere,
  pod: Ref<'StoragePod'>,
  request: PodRequest,
  options: ReadOptions = {},
): Promise<Ref<'Datastore'>> {
  const { storageResourceManager } = vc.content;
  if (storageResourceManager === undefined) throw none('a server without Storage DRS');
  const placement = await vc
    .call('RecommendDatastores', storageResourceManager, { storageSpec: specOf(pod, request) }, options)
    .catch((error: unknown) => {
      if (faultOf(error) === undefined) throw error;
      throw none(error instanceof Error ? error.message : String(error));
    });
  const [first] = placement.recommendations ?? [];
  const action = first?.action?.find((one) => one.$type === 'StoragePlacementAction');
  if (action?.$type === 'StoragePlacementAction') return action.destination;
  throw none(placement.drsFault?.reason ?? 'no recommendation');
}

function specOf(pod: Ref<'StoragePod'>, request: PodRequest): StoragePlacementSpec {
  const { type, folder, pool, host } = request;
  if (type === 'clone') {
    const { vm, name, spec } = request;
    // A customization holds passwords, and says nothing about disks.
    const { customization: _, ...cloneSpec } = spec;
    const podSelectionSpec = { storagePod: pod, initialVmConfig: [{ storagePod: pod }] };
    return { type, vm, podSelectionSpec, cloneSpec, cloneName: name, resourcePool: pool, host, folder };
  }
  const disk = (request.config.deviceChange ?? []).flatMap(({ device }) =>
    device.$type === 'VirtualDisk' ? [{ diskId: device.key }] : [],
  );
  const podSelectionSpec = { storagePod: pod, initialVmConfig: [{ storagePod: pod, disk }] };
  return { type, podSelectionSpec, configSpec: request.config, resourcePool: pool, host, folder };
}

function none(found: string): IngotError {
  return new IngotError('vsphere.storage-drs', `expected Storage DRS to recommend a datastore, found ${found}`, {
    remedy: 'Turn Storage DRS on for the datastore cluster, free space in it, or name a datastore.',
  });
}
