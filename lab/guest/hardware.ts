import type { VcsimClient } from '../vcsim/client.ts';
import type { Moref } from '../vcsim/soap.ts';
import { all, at, textAt, type XmlElement } from '../xml.ts';

export interface Cdrom {
  readonly key: number;
  /** `[datastore] path`; undefined: no ISO in the drive. */
  readonly file: string | undefined;
  readonly startConnected: boolean;
  /** What EFI firmware calls it, for instance `EFI VMware Virtual SATA CDROM Drive (0.0)`. */
  readonly firmwareName: string;
}

/** The virtual hardware as the guest's firmware and drivers see it. */
export interface Hardware {
  readonly name: string;
  readonly firmware: 'bios' | 'efi';
  readonly memoryMB: number;
  readonly cdroms: readonly Cdrom[];
  /** The boot order names the CDs before the disks; without an order the disks come first. */
  readonly cdromsFirst: boolean;
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
    'config.bootOptions',
  );
  const devices = found['config.hardware.device']?.children ?? [];
  const controllerOf = (device: XmlElement) =>
    devices.find((other) => textAt(other, 'key') === textAt(device, 'controllerKey'));
  const cdroms: Cdrom[] = [];
  const diskControllers: string[] = [];
  const nics: Hardware['nics'][number][] = [];
  for (const device of devices) {
    const connectable = at(device, 'connectable');
    const connected = textAt(connectable, 'startConnected') === 'true';
    if (device.type === 'VirtualCdrom') {
      const file = textAt(device, 'backing', 'fileName');
      cdroms.push({
        key: keyOf(device),
        file: file === '' ? undefined : file,
        startConnected: connected,
        firmwareName: firmwareName(device, controllerOf(device)),
      });
    } else if (device.type === 'VirtualDisk') {
      diskControllers.push(controllerOf(device)?.type ?? '');
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
    cdromsFirst: namesCdromsFirst(all(found['config.bootOptions'], 'bootOrder')),
    diskControllers,
    nics,
  };
}

/** As read in public logs and on firmware screens: `SATA … (0.0)`, `IDE … (IDE 1:0)`. */
function firmwareName(drive: XmlElement, controller: XmlElement | undefined): string {
  const unit = textAt(drive, 'unitNumber') ?? '0';
  if (controller?.type === 'VirtualAHCIController') return `EFI VMware Virtual SATA CDROM Drive (${unit}.0)`;
  return `EFI VMware Virtual IDE CDROM Drive (IDE ${textAt(controller, 'busNumber') ?? '0'}:${unit})`;
}

function namesCdromsFirst(order: readonly XmlElement[]): boolean {
  const [first] = order.filter((entry) => /Bootable(Cdrom|Disk)Device$/.test(entry.type ?? ''));
  return first?.type === 'VirtualMachineBootOptionsBootableCdromDevice';
}

function keyOf(device: XmlElement): number {
  return Number(textAt(device, 'key'));
}
