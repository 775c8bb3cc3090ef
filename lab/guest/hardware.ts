import type { VcsimClient } from '../vcsim/client.ts';
import type { Moref } from '../vcsim/soap.ts';
import { all, at, textAt, type XmlElement } from '../xml.ts';

export interface Cdrom {
  readonly key: number;
  /** `[datastore] path`; undefined: no ISO in the drive. */
  readonly file: string | undefined;
  readonly startConnected: boolean;
}

/** The virtual hardware as the guest's firmware and drivers see it. */
export interface Hardware {
  readonly name: string;
  readonly firmware: 'bios' | 'efi';
  readonly memoryMB: number;
  readonly cdroms: readonly Cdrom[];
  /** Class of each disk's controller, for instance `ParaVirtualSCSIController`. */
  readonly diskControllers: readonly string[];
  readonly nics: readonly {
    readonly key: number;
    readonly mac: string;
    readonly network: string;
    readonly connected: boolean;
  }[];
}

/** Reads the VM's hardware from vcsim. */
export async function readHardware(vcsim: VcsimClient, vm: Moref): Promise<Hardware> {
  const found = await vcsim.properties(
    vm,
    'name',
    'config.firmware',
    'config.hardware.memoryMB',
    'config.hardware.device',
  );
  const devices = found['config.hardware.device']?.children ?? [];
  const cdroms: Cdrom[] = [];
  const diskControllers: string[] = [];
  const nics: Hardware['nics'][number][] = [];
  for (const device of devices) {
    const connectable = at(device, 'connectable');
    const connected = textAt(connectable, 'startConnected') === 'true';
    if (device.type === 'VirtualCdrom') {
      const file = textAt(device, 'backing', 'fileName');
      cdroms.push({ key: keyOf(device), file: file === '' ? undefined : file, startConnected: connected });
    } else if (device.type === 'VirtualDisk') {
      const controller = devices.find((other) => textAt(other, 'key') === textAt(device, 'controllerKey'));
      diskControllers.push(controller?.type ?? '');
    } else if (all(device, 'macAddress').length > 0) {
      const network = textAt(device, 'backing', 'deviceName') ?? '';
      nics.push({ key: keyOf(device), mac: textAt(device, 'macAddress') ?? '', network, connected });
    }
  }
  return {
    name: found.name?.text ?? vm.value,
    firmware: found['config.firmware']?.text === 'efi' ? 'efi' : 'bios',
    memoryMB: Number(found['config.hardware.memoryMB']?.text ?? 0),
    cdroms,
    diskControllers,
    nics,
  };
}

function keyOf(device: XmlElement): number {
  return Number(textAt(device, 'key'));
}
