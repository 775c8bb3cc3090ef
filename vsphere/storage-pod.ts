import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import type { TaskOptions } from './task.ts';
import type { Ref } from './values.ts';
import { isRef } from './values.ts';
import type { VirtualMachineConfigSpec } from './vim25.gen.ts';
import type { VmRef } from './vm.ts';

/**
 * Creates a VM on a datastore cluster: Storage DRS recommends a datastore, the first recommendation is applied. The
 * spec's `files.vmPathName` stays empty. Throws `vsphere.storage-drs` if there is no recommendation.
 */
export async function createVmOnPod(
  vc: Vsphere,
  params: {
    readonly pod: Ref<'StoragePod'>;
    readonly folder: Ref<'Folder'>;
    readonly pool: Ref<'ResourcePool' | 'VirtualApp'>;
    readonly config: VirtualMachineConfigSpec;
    /** The device keys of the disks in `config`. */
    readonly diskKeys: readonly number[];
  },
  options: TaskOptions = {},
): Promise<VmRef> {
  const { storageResourceManager } = vc.content;
  const { pod, folder, pool, config, diskKeys } = params;
  if (storageResourceManager === undefined)
    throw new IngotError('vsphere.storage-drs', 'expected a vCenter (Storage DRS), found a server without it');
  const disk = diskKeys.map((diskId) => ({ diskId }));
  const placement = await vc.call(
    'RecommendDatastores',
    storageResourceManager,
    {
      storageSpec: {
        type: 'create',
        podSelectionSpec: { storagePod: pod, initialVmConfig: [{ storagePod: pod, disk }] },
        configSpec: config,
        folder,
        resourcePool: pool,
      },
    },
    { signal: options.signal },
  );
  const key = placement.recommendations?.[0]?.key;
  if (key === undefined) {
    throw new IngotError('vsphere.storage-drs', `expected a datastore recommended in ${pod.value}, found none`, {
      remedy: 'Turn Storage DRS on for the datastore cluster, free space in it, or name a datastore.',
    });
  }
  const result = await vc.task('ApplyStorageDrsRecommendation_Task', storageResourceManager, { key: [key] }, options);
  if (isRef(result.vm)) return { type: 'VirtualMachine', value: result.vm.value };
  throw new IngotError('vsphere.answer', 'expected the new VM in the result of ApplyStorageDrsRecommendation_Task');
}
