import { all, at, textAt, type XmlElement } from '../xml.ts';
import type { AnswerFile } from './answer-file.ts';
import { pageOr } from './setup-page.ts';
import { invalidFor, SetupStop, WORDS } from './setup-stop.ts';

const SETUP = 'Microsoft-Windows-Setup';
/** What Windows Server with Desktop Experience takes at least, in MB. */
const SMALLEST_MB = 20_000;

type Firmware = 'bios' | 'efi';

/** A partition as the answer file makes it on an empty disk; its PartitionID is its place from 1. */
interface Partition {
  readonly type: string;
  readonly size: number;
  readonly active: boolean;
}

/**
 * Makes the partitions of `<DiskConfiguration>` and finds the one that `<InstallTo>` names. All disks are empty; `disks`
 * are as many as Windows PE sees. Throws SetupStop.
 */
export function checkDisks(answer: AnswerFile, firmware: Firmware, disks: number): void {
  const configuration = answer.setting('windowsPE', SETUP, 'DiskConfiguration');
  const osImage = answer.setting('windowsPE', SETUP, 'ImageInstall', 'OSImage');
  const page = pageOr(configuration, WORDS.selectPartition);
  const made = new Map<number, readonly Partition[]>();
  for (const disk of all(configuration, 'Disk')) {
    const id = Number(textAt(disk, 'DiskID') ?? Number.NaN);
    if (!Number.isInteger(id)) throw invalidFor('windowsPE');
    if (id >= disks) throw new SetupStop(WORDS.diskConfiguration);
    made.set(id, partitionsOf(disk, firmware));
  }
  const target = at(osImage, 'InstallTo');
  const anywhere = textAt(osImage, 'InstallToAvailablePartition') === 'true';
  if (target !== undefined && anywhere) throw new SetupStop(WORDS.imageInstall); // documented: the installation fails
  if (target === undefined && !anywhere) throw page.missing(WORDS.diskConfiguration);
  if (made.size === 0) throw page.missing(WORDS.diskConfiguration);
  const id = anywhere ? firstWithRoom(made) : Number(textAt(target, 'DiskID') ?? Number.NaN);
  const partitions = made.get(id);
  if (partitions === undefined) throw new SetupStop(WORDS.imageInstall);
  if (!anywhere) checkTarget(partitions[Number(textAt(target, 'PartitionID')) - 1]);
  const bootable = [...made.values()]
    .flat()
    .some((partition) => (firmware === 'efi' ? partition.type === 'EFI' : partition.active));
  if (!bootable) throw new SetupStop(WORDS.notBootable);
}

function partitionsOf(disk: XmlElement, firmware: Firmware): Partition[] {
  const active = all(at(disk, 'ModifyPartitions'), 'ModifyPartition')
    .filter((partition) => textAt(partition, 'Active') === 'true')
    .map((partition) => Number(textAt(partition, 'PartitionID')));
  const partitions = all(at(disk, 'CreatePartitions'), 'CreatePartition').sort((a, b) => order(a) - order(b));
  return partitions.map((partition, index) => {
    const type = textAt(partition, 'Type')?.toUpperCase() ?? '';
    const extend = textAt(partition, 'Extend') === 'true';
    const size = Number(textAt(partition, 'Size') ?? Number.NaN);
    if (Number.isNaN(order(partition)) || !['PRIMARY', 'EFI', 'MSR', 'EXTENDED', 'LOGICAL'].includes(type)) {
      throw invalidFor('windowsPE');
    }
    // Either a size or the rest of the disk.
    if (extend === size > 0) throw new SetupStop(WORDS.diskConfiguration);
    if (firmware === 'bios' && (type === 'EFI' || type === 'MSR')) throw new SetupStop(WORDS.partitionType);
    return {
      type,
      size: extend ? Number.POSITIVE_INFINITY : size,
      active: type === 'PRIMARY' && active.includes(index + 1),
    };
  });
}

function order(partition: XmlElement): number {
  return Number(textAt(partition, 'Order') ?? Number.NaN);
}

function checkTarget(partition: Partition | undefined): void {
  if (partition === undefined) throw new SetupStop(WORDS.imageInstall);
  if (partition.type === 'EFI') throw new SetupStop(WORDS.efiPartition);
  if (partition.type === 'MSR') throw new SetupStop(WORDS.reservedPartition);
  if (partition.size < SMALLEST_MB) throw new SetupStop(WORDS.tooSmall);
}

/** InstallToAvailablePartition. */
function firstWithRoom(made: ReadonlyMap<number, readonly Partition[]>): number {
  for (const [id, partitions] of made) {
    if (partitions.some((partition) => partition.type === 'PRIMARY' && partition.size >= SMALLEST_MB)) return id;
  }
  throw new SetupStop(WORDS.tooSmall);
}
