import { keys } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { SnapshotRef } from '../../vsphere/snapshot.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { VirtualDeviceConfigSpec, VirtualMachineCloneSpec } from '../../vsphere/vim25.gen.ts';
import { isNic } from '../support/nics.ts';
import type { Placement } from './placement.ts';

export interface SmokeCloneOptions {
  readonly place: Pick<Placement, 'pool' | 'host' | 'smokeNetwork'>;
  /** Name of the image, and id of the build: what makes the clone ours. */
  readonly image: string;
  readonly build: string;
  /** The clone's disks are children of this snapshot's; undefined: copies. */
  readonly snapshot: SnapshotRef | undefined;
}

/**
 * How a VM is cloned to be started in isolation: as it is, but for its NICs, which are not connected or on a network of
 * their own from the first moment on. The datastore is still open.
 */
export async function smokeCloneSpec(
  vc: Vsphere,
  vm: Ref<'VirtualMachine'>,
  { place, image, build, snapshot }: SmokeCloneOptions,
  signal: AbortSignal,
): Promise<VirtualMachineCloneSpec> {
  const { pool, host, smokeNetwork } = place;
  const { 'config.hardware.device': devices = [] } = await vc.read(vm, ['config.hardware.device'], { signal });
  const connected = smokeNetwork !== undefined;
  const deviceChange = devices.flatMap((device): VirtualDeviceConfigSpec[] => {
    if (!isNic(device)) return [];
    // Not even its own Windows may connect it. What is left out stays as it is, but for the address: each clone gets one of its own.
    const { $type, key, controllerKey, unitNumber } = device;
    const backing = smokeNetwork ?? device.backing;
    const connectable = { startConnected: connected, allowGuestControl: connected, connected };
    return [{ operation: 'edit', device: { $type, key, controllerKey, unitNumber, backing, connectable } }];
  });
  const extraConfig = [
    { key: keys.image, value: image },
    { key: keys.build, value: build },
    { key: keys.role, value: 'smoke' },
  ];
  const linked = snapshot === undefined ? {} : { diskMoveType: 'createNewChildDiskBacking' };
  return {
    location: { ...linked, pool, host },
    template: false,
    powerOn: false,
    snapshot,
    config: { deviceChange, extraConfig },
  };
}
