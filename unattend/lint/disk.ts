import type { AnswerFile } from '../model.ts';
import type { Rule } from './rule.ts';
import { childSpots, childValue, isTrue, listSpots, type SettingSpot, settingSpots } from './spots.ts';

const SETUP = 'Microsoft-Windows-Setup';
const AT = `windowsPE/${SETUP}`;
const REFERENCE = 'Unattended Windows Setup Reference';
/** Types of partitions of recovery tools, on GPT and on MBR. */
const RECOVERY = ['DE94BBA4-06D1-4D40-A16A-BFD50179D6AC', '0X27'];

interface Partition {
  readonly spot: SettingSpot;
  /** Number that ModifyPartition and InstallTo use: by Order. */
  readonly id: number;
  readonly type: string;
  readonly size: string;
  readonly extend: boolean;
  readonly active: boolean;
  readonly recovery: boolean;
}

interface Disk {
  readonly spot: SettingSpot;
  readonly id: string;
  readonly partitions: readonly Partition[];
}

function partitions(...types: readonly string[]): string {
  const items = types.map(
    (type, index) => `    <CreatePartition wcm:action="add"><Order>${index + 1}</Order>${type}</CreatePartition>`,
  );
  return items.join('\n');
}

function disk(creates: string, modifies = ''): string {
  const modify = modifies === '' ? '' : `\n  <ModifyPartitions>\n    ${modifies}\n  </ModifyPartitions>`;
  return `<DiskConfiguration>
  <WillShowUI>OnError</WillShowUI>
  <Disk wcm:action="add"><DiskID>0</DiskID><WillWipeDisk>true</WillWipeDisk>
  <CreatePartitions>
${creates}
  </CreatePartitions>${modify}
  </Disk>
</DiskConfiguration>`;
}

const EFI = '<Type>EFI</Type><Size>100</Size>';
const MSR = '<Type>MSR</Type><Size>16</Size>';
const WINDOWS = '<Type>Primary</Type><Extend>true</Extend>';

function installed(partition: number): string {
  return `${disk(partitions(EFI, MSR, WINDOWS))}
<ImageInstall><OSImage>
  <InstallFrom><MetaData wcm:action="add"><Key>/IMAGE/INDEX</Key><Value>2</Value></MetaData></InstallFrom>
  <InstallTo><DiskID>0</DiskID><PartitionID>${partition}</PartitionID></InstallTo>
  <WillShowUI>OnError</WillShowUI>
</OSImage></ImageInstall>
<UserData><AcceptEula>true</AcceptEula></UserData>`;
}

/** Rules on the disk that Windows is installed to. */
export const diskRules: readonly Rule[] = [
  {
    code: 'unattend.disk-layout',
    severity: 'error',
    title: 'The disk boots with the firmware: UEFI needs EFI, MSR and a primary partition, BIOS an active one.',
    why: `Setup refuses a disk of the other kind (“The selected disk has an MBR partition table”), or Windows does not start (${REFERENCE}, Type of CreatePartition; Microsoft, “UEFI/GPT-based hard drive partitions”, “BIOS/MBR-based hard drive partitions”).`,
    remedy: 'Use the layout of the VM’s firmware.',
    example: {
      at: AT,
      bad: disk(partitions('<Type>Primary</Type><Size>500</Size>', WINDOWS)),
      good: disk(partitions(EFI, MSR, WINDOWS)),
      context: { firmware: 'efi' },
    },
    *check(file, context) {
      for (const found of bootDisks(file)) {
        const efi = found.partitions.some(({ type }) => type === 'efi');
        const firmware = context.firmware ?? (efi ? 'efi' : 'bios');
        const problem = firmware === 'efi' ? efiProblem(found) : biosProblem(found, efi);
        if (problem !== undefined) yield { spot: found.spot, message: problem };
      }
    },
  },
  {
    code: 'unattend.disk-size',
    severity: 'error',
    title: 'A new partition has either a Size or Extend, and only the last one Extend.',
    why: `With both, or with neither, no partition is created and the installation ends; behind an extended one there is no room for another (${REFERENCE}, Size and Extend of CreatePartition).`,
    remedy: 'Give every partition but the last a Size in MB, and the last <Extend>true</Extend>.',
    example: {
      at: AT,
      bad: disk(partitions(EFI, MSR, '<Type>Primary</Type><Size>20000</Size><Extend>true</Extend>')),
      good: disk(partitions(EFI, MSR, WINDOWS)),
    },
    *check(file) {
      for (const { partitions } of wipedDisks(file)) {
        const last = partitions.at(-1);
        for (const partition of partitions) {
          const { spot, size, extend } = partition;
          if (extend === (size !== ''))
            yield { spot, message: `expected either Size or Extend, found ${extend ? 'both' : 'neither'}` };
          else if (extend && partition !== last && !isContainer(partition, partitions))
            yield { spot, message: 'expected Extend on the last partition only, found another one behind it' };
        }
      }
    },
  },
  {
    code: 'unattend.install-to',
    severity: 'error',
    title: 'Windows is installed to a primary partition of the disk that is laid out.',
    why: `Windows needs a primary or logical partition that is neither the EFI system partition nor one of recovery tools (${REFERENCE}, InstallTo, Type, TypeID). Setup stops: “… <ImageInstall> …”; without InstallTo it asks, and InstallToAvailablePartition beside it ends the installation.`,
    remedy: 'Correct PartitionID: 3 with EFI, MSR and Windows, 2 with System and Windows.',
    example: { at: AT, bad: installed(1), good: installed(3) },
    *check(file) {
      const disks = [...wipedDisks(file)];
      for (const image of settingSpots(file, SETUP, 'ImageInstall/OSImage')) {
        const [spot] = childSpots(image, 'InstallTo');
        const anywhere = isTrue(childValue(image, 'InstallToAvailablePartition'));
        if ((spot === undefined) !== anywhere) {
          const found = anywhere ? 'both' : 'neither';
          yield { spot: image, message: `expected InstallTo or InstallToAvailablePartition, found ${found}` };
        }
        if (spot === undefined) continue;
        const target = disks.find(({ id }) => id === childValue(spot, 'DiskID'));
        if (target === undefined) continue;
        const problem = targetProblem(target, childValue(spot, 'PartitionID'));
        if (problem !== undefined)
          yield { spot, message: `expected a primary partition for Windows, found ${problem}` };
      }
    },
  },
];

function targetProblem({ partitions }: Disk, wanted: string): string | undefined {
  // How Windows numbers logical partitions is documented nowhere.
  if (partitions.some(({ type }) => type === 'extended')) return undefined;
  const found = partitions.find(({ id }) => String(id) === wanted);
  if (found === undefined) return `no partition with the number ${wanted}`;
  if (found.recovery) return `the partition ${wanted} of recovery tools`;
  return ['primary', 'logical'].includes(found.type) ? undefined : `${found.type} with the number ${wanted}`;
}

function efiProblem({ partitions }: Disk): string | undefined {
  if (partitions.some(({ active }) => active)) return 'expected no active partition with UEFI firmware, found one';
  const missing = ['efi', 'msr', 'primary'].filter((type) => !partitions.some((partition) => partition.type === type));
  return missing.length === 0
    ? undefined
    : `expected partitions of types EFI, MSR and Primary, found no ${missing.join(', ')}`;
}

function biosProblem({ partitions }: Disk, efi: boolean): string | undefined {
  if (efi) return 'expected no EFI partition with BIOS firmware, found one';
  const primary = partitions.filter(({ type }) => type === 'primary').length;
  if (primary > 4) return `expected at most four primary partitions, found ${primary}`;
  return partitions.some(({ active }) => active) ? undefined : 'expected an active partition, found none';
}

/** An extended partition takes the rest of an MBR disk, and the logical ones behind it are inside. */
function isContainer({ type, id }: Partition, partitions: readonly Partition[]): boolean {
  return type === 'extended' && partitions.slice(id).every((behind) => behind.type === 'logical');
}

/**
 * The disk that Windows is installed to, if the file lays it out. Where InstallTo does not name one, the only one; of
 * several the one that boots cannot be told from those for data.
 */
function bootDisks(file: AnswerFile): readonly Disk[] {
  const disks = [...wipedDisks(file)];
  const targets = [...settingSpots(file, SETUP, 'ImageInstall/OSImage/InstallTo')].map((spot) =>
    childValue(spot, 'DiskID'),
  );
  if (targets.length === 0) return disks.length === 1 ? disks : [];
  return disks.filter(({ id }) => targets.includes(id));
}

/** The disks that the file wipes and lays out; others are the user's own matter. */
function* wipedDisks(file: AnswerFile): Generator<Disk> {
  for (const spot of settingSpots(file, SETUP, 'DiskConfiguration/Disk')) {
    if (!isTrue(childValue(spot, 'WillWipeDisk'))) continue;
    const modifies = listSpots(spot, 'ModifyPartitions', 'ModifyPartition');
    // Of two for one partition the first counts. A table: a file may have thousands of them.
    const modified = new Map(modifies.map((modify) => [childValue(modify, 'PartitionID'), modify] as const).reverse());
    const sorted = listSpots(spot, 'CreatePartitions', 'CreatePartition')
      .map((create) => ({ create, order: Number(childValue(create, 'Order')) }))
      .sort((a, b) => a.order - b.order);
    const partitions = sorted.map(({ create }, index): Partition => {
      const modify = modified.get(String(index + 1));
      const modifiedTo = (name: string) => (modify === undefined ? '' : childValue(modify, name));
      return {
        spot: create,
        id: index + 1,
        type: childValue(create, 'Type').toLowerCase(),
        size: childValue(create, 'Size'),
        extend: isTrue(childValue(create, 'Extend')),
        active: isTrue(modifiedTo('Active')),
        recovery: RECOVERY.includes(modifiedTo('TypeID').toUpperCase().replace(/[{}]/g, '')),
      };
    });
    if (partitions.length > 0) yield { spot, id: childValue(spot, 'DiskID'), partitions };
  }
}
