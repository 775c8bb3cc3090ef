import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { AnyVirtualMachineBootOptionsBootableDevice } from '../../vsphere/vim25.gen.ts';
import { isNic } from '../support/nics.ts';

/** The hardware of a VM as vCenter made it: keys of its devices in order, and what else a build asks for. */
export interface Hardware {
  readonly version: string;
  readonly firmware: string;
  readonly guestId: string;
  readonly cds: readonly number[];
  /** AHCI controllers that hold nothing but CD drives. */
  readonly cdControllers: readonly number[];
  readonly disks: readonly number[];
  readonly nics: readonly number[];
  readonly bootOrder: readonly AnyVirtualMachineBootOptionsBootableDevice[];
  readonly extraConfig: ReadonlyMap<string, string>;
}

const paths = [
  'config.hardware.device',
  'config.version',
  'config.firmware',
  'config.guestId',
  'config.bootOptions',
  'config.extraConfig',
] as const;

export async function readHardware(vc: Vsphere, vm: Ref<'VirtualMachine'>, signal: AbortSignal): Promise<Hardware> {
  const values = await vc.read(vm, paths, { signal });
  const devices = values['config.hardware.device'] ?? [];
  const keysOf = (test: (type: string) => boolean) =>
    devices.filter((device) => test(device.$type)).map((device) => device.key);
  const used = new Set(
    devices.map(({ $type, controllerKey }) => ($type === 'VirtualCdrom' ? undefined : controllerKey)),
  );
  return {
    version: values['config.version'] ?? '',
    firmware: values['config.firmware'] ?? '',
    guestId: values['config.guestId'] ?? '',
    cds: keysOf((type) => type === 'VirtualCdrom'),
    cdControllers: keysOf((type) => type === 'VirtualAHCIController').filter((key) => !used.has(key)),
    disks: keysOf((type) => type === 'VirtualDisk'),
    nics: devices.filter(isNic).map(({ key }) => key),
    bootOrder: values['config.bootOptions']?.bootOrder ?? [],
    extraConfig: extraConfigMap(values['config.extraConfig']),
  };
}
