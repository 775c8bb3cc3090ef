import type { Image } from '../../image/index.ts';
import type {
  AnyVirtualDevice,
  AnyVirtualDeviceBackingInfo,
  OptionValue,
  VirtualDeviceConfigSpec,
  VirtualMachineBootOptions,
  VirtualMachineConfigSpec,
} from '../../vsphere/vim25.gen.ts';

/** What the spec of a VM needs besides the image file: what was found in vCenter, and the discs. */
export interface VmSpecFacts {
  readonly name: string;
  readonly instanceUuid: string;
  readonly guestId: string;
  /** Undefined while Storage DRS is asked where the VM shall be. */
  readonly datastoreName: string | undefined;
  /** One backing a NIC, in the order of the image file. */
  readonly nics: readonly AnyVirtualDeviceBackingInfo[];
  /** Datastore paths, in the order of their drives. The firmware boots the first CD. */
  readonly cds: readonly string[];
  readonly extraConfig: readonly OptionValue[];
}

/**
 * Keys that vCenter gives to devices: the first SCSI controller's disk 0 is 2000. A bootable CD has no key of its own,
 * it is the first CD. New devices carry negative keys, which must be unique in the spec; the system disk carries the key
 * that it gets anyway, so that the boot order of the same call finds it whether it is resolved before or after that.
 */
const systemDisk = 2000;
const scsi = -100;
const ahci = -150;

/**
 * The whole VM in one spec. The disk stands first in the boot order: while it is empty the firmware falls through to
 * the CD, and afterwards it boots Windows, without any change in between.
 */
export function vmSpec(image: Image, facts: VmSpecFacts): VirtualMachineConfigSpec & { readonly instanceUuid: string } {
  const { hardware } = image;
  return {
    name: facts.name,
    instanceUuid: facts.instanceUuid,
    guestId: facts.guestId,
    version: `vmx-${hardware.version}`,
    annotation: `Built by ingot from ${image.name}. Master: kept between builds, do not change it by hand.`,
    files: { vmPathName: onDatastore(facts.datastoreName) },
    // Tools that upgrade themselves at a power cycle meet a servicing reboot and lose the NIC (Broadcom KB 318796).
    tools: { toolsUpgradePolicy: 'manual', syncTimeWithHost: false },
    numCPUs: hardware.cpus,
    numCoresPerSocket: hardware.coresPerSocket,
    memoryMB: hardware.memory / 2 ** 20,
    firmware: hardware.firmware,
    deviceChange: devices(image, facts),
    extraConfig: facts.extraConfig,
    bootOptions: bootOptions(image),
  };
}

/** Secure boot and boot order as they are asked for; read back after the VM was made. */
export function bootOptions(image: Image): VirtualMachineBootOptions {
  return {
    ...(image.hardware.firmware === 'efi' ? { efiSecureBootEnabled: image.hardware.secureBoot } : {}),
    bootOrder: [
      { $type: 'VirtualMachineBootOptionsBootableDiskDevice', deviceKey: systemDisk },
      { $type: 'VirtualMachineBootOptionsBootableCdromDevice' },
    ],
  };
}

/** Takes CD drives away by their keys; the disc files stay. Only while the VM is off. */
export function removeDevices(cds: readonly number[]): VirtualDeviceConfigSpec[] {
  return cds.map((key) => ({ operation: 'remove', device: { $type: 'VirtualCdrom', key } }));
}

/** Takes controllers out that nothing hangs on any more. */
export function removeControllers(controllers: readonly number[]): VirtualDeviceConfigSpec[] {
  return controllers.map((key) => ({
    operation: 'remove',
    device: { $type: 'VirtualAHCIController', key, busNumber: 0 },
  }));
}

function devices(image: Image, facts: VmSpecFacts): VirtualDeviceConfigSpec[] {
  const sizes = [image.hardware.disk, ...image.hardware.extraDisks.map((disk) => disk.size)];
  return [
    add({ $type: 'ParaVirtualSCSIController', key: scsi, busNumber: 0, sharedBus: 'noSharing' }),
    // CDs hang on AHCI: Windows PE has its driver, and the IDE controller takes four devices only.
    add({ $type: 'VirtualAHCIController', key: ahci, busNumber: 0 }),
    ...sizes.map((bytes, index) => disk(bytes, index, facts.datastoreName)),
    ...facts.cds.map(cd),
    ...facts.nics.map(nicDevice),
  ];
}

/** Unit 7 of a SCSI controller is the controller itself. */
const scsiUnit = (index: number): number => (index < 7 ? index : index + 1);

const onDatastore = (name: string | undefined): string => (name === undefined ? '' : `[${name}]`);

function disk(bytes: number, index: number, datastore: string | undefined): VirtualDeviceConfigSpec {
  return {
    operation: 'add',
    fileOperation: 'create',
    device: {
      $type: 'VirtualDisk',
      key: index === 0 ? systemDisk : -200 - index,
      controllerKey: scsi,
      unitNumber: scsiUnit(index),
      capacityInKB: Math.ceil(bytes / 1024),
      capacityInBytes: bytes,
      backing: {
        $type: 'VirtualDiskFlatVer2BackingInfo',
        fileName: onDatastore(datastore),
        diskMode: 'persistent',
        thinProvisioned: true,
      },
    },
  };
}

function cd(path: string, index: number): VirtualDeviceConfigSpec {
  return add({
    $type: 'VirtualCdrom',
    key: -300 - index,
    controllerKey: ahci,
    unitNumber: index,
    backing: { $type: 'VirtualCdromIsoBackingInfo', fileName: path },
    connectable: { startConnected: true, allowGuestControl: true, connected: false },
  });
}

/** A new NIC; `index` keeps the keys of several apart. */
export function nicDevice(backing: AnyVirtualDeviceBackingInfo, index: number): VirtualDeviceConfigSpec {
  return add({
    $type: 'VirtualVmxnet3',
    key: -400 - index,
    addressType: 'generated',
    wakeOnLanEnabled: false,
    backing,
    connectable: { startConnected: true, allowGuestControl: true, connected: false },
  });
}

function add(device: AnyVirtualDevice): VirtualDeviceConfigSpec {
  return { operation: 'add', device };
}
