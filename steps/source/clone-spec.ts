import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type {
  AnyVirtualDevice,
  AnyVirtualDeviceBackingInfo,
  OptionValue,
  VirtualDeviceConfigSpec,
  VirtualMachineConfigSpec,
} from '../../vsphere/vim25.gen.ts';
import { isNic } from '../support/nics.ts';
import { nicDevice, removeDevices } from '../support/vm-spec.ts';

export interface CloneSpecFacts {
  /** Devices and extraConfig of what is cloned or deployed. */
  readonly devices: readonly AnyVirtualDevice[];
  readonly extraConfig: ReadonlyMap<string, string>;
  /** One backing a NIC, in the order of the image file. */
  readonly nics: readonly AnyVirtualDeviceBackingInfo[];
  /** Entries of this build. */
  readonly entries: readonly OptionValue[];
  /** For messages. */
  readonly path: string;
}

/**
 * What of the hardware is the image file's: CPUs, memory and the networks of the NICs. Disks, firmware and hardware
 * version are the source's. Discs stay behind, and so does what a build of ours wrote onto the source.
 *
 * @throws IngotError `source.nic`
 */
export function cloneConfig(image: Image, facts: CloneSpecFacts): VirtualMachineConfigSpec {
  const { hardware } = image;
  const cds = facts.devices.filter(({ $type }) => $type === 'VirtualCdrom').map(({ key }) => key);
  const written = new Set(facts.entries.map(({ key }) => key));
  const inherited = [...facts.extraConfig.keys()].filter((key) => /^(guestinfo\.)?ingot\./.test(key));
  return {
    annotation: `Built by ingot from ${image.name}. Master: kept between builds, do not change it by hand.`,
    tools: { toolsUpgradePolicy: 'manual', syncTimeWithHost: false },
    numCPUs: hardware.cpus,
    numCoresPerSocket: hardware.coresPerSocket,
    memoryMB: hardware.memory / 2 ** 20,
    deviceChange: [...removeDevices(cds), ...nicChanges(facts)],
    extraConfig: [...inherited.filter((key) => !written.has(key)).map((key) => ({ key, value: '' })), ...facts.entries],
  };
}

/** The NICs that are there go to the networks of the image file; one too many goes, one that is missing is added. */
function nicChanges({ devices, nics, path }: CloneSpecFacts): VirtualDeviceConfigSpec[] {
  const other = devices.find(({ $type }) => $type === 'VirtualEthernetCard' || $type === 'VirtualVmxnet');
  if (other !== undefined) {
    throw new IngotError('source.nic', `expected the NICs of ${path} to be VMXNET 3 or E1000E, found another`, {
      remedy: 'replace the adapter of the source: ingot would leave it on the network that it has',
    });
  }
  const there = devices.filter(isNic);
  const edited = there.slice(0, nics.length).map(
    ({ $type, key, controllerKey, unitNumber }, index): VirtualDeviceConfigSpec => ({
      operation: 'edit',
      device: {
        ...{ $type, key, controllerKey, unitNumber, backing: nics[index], addressType: 'generated' },
        connectable: { startConnected: true, allowGuestControl: true, connected: false },
      },
    }),
  );
  const removed = there
    .slice(nics.length)
    .map(({ $type, key }): VirtualDeviceConfigSpec => ({ operation: 'remove', device: { $type, key } }));
  return [...edited, ...removed, ...nics.slice(there.length).map(nicDevice)];
}
