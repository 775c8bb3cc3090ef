import { childSpots, type Rule, type SettingSpot, settingSpots } from './rule.ts';

const SETUP = 'Microsoft-Windows-Setup';

interface Partition {
  /** Number that ModifyPartition and InstallTo use: by Order. */
  readonly id: number;
  readonly type: string;
  readonly active: boolean;
}

interface Disk {
  readonly spot: SettingSpot;
  readonly id: string;
  readonly partitions: readonly Partition[];
}

/** Rules on the disk that Windows is installed to. */
export const diskRules: readonly Rule[] = [
  {
    code: 'unattend.disk-layout',
    severity: 'error',
    title: 'The disk boots with the firmware: UEFI needs EFI, MSR and a primary partition, BIOS an active one.',
    remedy: 'Use the layout of the VM’s firmware; Setup or the first start fails otherwise.',
    *check(file, context) {
      for (const disk of wipedDisks(file)) {
        const efi = disk.partitions.some(({ type }) => type === 'efi');
        const firmware = context.firmware ?? (efi ? 'efi' : 'bios');
        const problem = firmware === 'efi' ? efiProblem(disk) : biosProblem(disk, efi);
        if (problem !== undefined) yield { spot: disk.spot, message: problem };
      }
    },
  },
  {
    code: 'unattend.install-to',
    severity: 'error',
    title: 'Windows is installed to a primary partition of the disk that is laid out.',
    remedy: 'Correct PartitionID: 3 with EFI, MSR and Windows, 2 with System and Windows.',
    *check(file) {
      const disks = [...wipedDisks(file)];
      for (const spot of settingSpots(file, SETUP, 'ImageInstall/OSImage/InstallTo')) {
        const disk = disks.find(({ id }) => id === value(spot, 'DiskID'));
        if (disk === undefined) continue;
        const wanted = value(spot, 'PartitionID');
        const type = disk.partitions.find(({ id }) => String(id) === wanted)?.type;
        if (type !== 'primary') {
          yield {
            spot,
            message: `expected a primary partition, found ${type ?? 'no partition'} with the number ${wanted}`,
          };
        }
      }
    },
  },
];

function efiProblem({ partitions }: Disk): string | undefined {
  const missing = ['efi', 'msr', 'primary'].filter((type) => !partitions.some((partition) => partition.type === type));
  return missing.length === 0
    ? undefined
    : `expected partitions of types EFI, MSR and Primary, found no ${missing.join(', ')}`;
}

function biosProblem({ partitions }: Disk, efi: boolean): string | undefined {
  if (efi) return 'expected no EFI partition with BIOS firmware, found one';
  return partitions.some(({ active }) => active) ? undefined : 'expected an active partition, found none';
}

/** The disks that the file wipes and lays out; others are the user's own matter. */
function* wipedDisks(file: Parameters<Rule['check']>[0]): Generator<Disk> {
  for (const spot of settingSpots(file, SETUP, 'DiskConfiguration/Disk')) {
    if (value(spot, 'WillWipeDisk').toLowerCase() !== 'true') continue;
    const active = nested(spot, 'ModifyPartitions', 'ModifyPartition')
      .filter((modify) => value(modify, 'Active').toLowerCase() === 'true')
      .map((modify) => value(modify, 'PartitionID'));
    const partitions = nested(spot, 'CreatePartitions', 'CreatePartition')
      .map((create) => ({ order: Number(value(create, 'Order')), type: value(create, 'Type').toLowerCase() }))
      .sort((a, b) => a.order - b.order)
      .map(({ type }, index) => ({ id: index + 1, type, active: active.includes(String(index + 1)) }));
    yield { spot, id: value(spot, 'DiskID'), partitions };
  }
}

function nested(spot: SettingSpot, list: string, item: string): readonly SettingSpot[] {
  return childSpots(spot, list).flatMap((found) => childSpots(found, item));
}

function value(spot: SettingSpot, name: string): string {
  return childSpots(spot, name)[0]?.setting.value?.trim() ?? '';
}
