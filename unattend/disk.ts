import type { Scalar, SettingTree } from './settings.ts';

export type Firmware = 'efi' | 'bios';

/** One partition: how it is created, and what is made of it. */
interface Partition {
  readonly create: { readonly Type: 'EFI' | 'MSR' | 'Primary'; readonly Size?: number; readonly Extend?: true };
  readonly modify: Readonly<Record<string, Scalar>>;
}

const WINDOWS: Partition = {
  create: { Type: 'Primary', Extend: true },
  modify: { Format: 'NTFS', Label: 'Windows', Letter: 'C' },
};

/**
 * Layouts that Microsoft documents: UEFI with GPT (EFI system 100 MB, MSR 16 MB, Windows) and BIOS with MBR (system
 * 500 MB, active; Windows). Sizes in MB. Windows takes the rest and is last, so that it can be extended later.
 */
const LAYOUTS: Readonly<Record<Firmware, readonly Partition[]>> = {
  efi: [
    { create: { Type: 'EFI', Size: 100 }, modify: { Format: 'FAT32', Label: 'System' } },
    { create: { Type: 'MSR', Size: 16 }, modify: {} },
    WINDOWS,
  ],
  bios: [
    { create: { Type: 'Primary', Size: 500 }, modify: { Format: 'NTFS', Label: 'System', Active: true } },
    WINDOWS,
  ],
};

/**
 * Type of a partition of Windows RE tools: hidden from letters, as PARTITION_MSFT_RECOVERY_GUID on GPT, 0x27 on MBR
 * (Unattended Windows Setup Reference, TypeID).
 */
const RECOVERY_TYPE: Readonly<Record<Firmware, string>> = {
  efi: 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
  bios: '0x27',
};

/** Room for the tools and for an update that needs 250 MB free beside them (KB5034439 fails in a smaller one). */
const RECOVERY_SIZE = 1024;

function layout(firmware: Firmware, recovery: boolean): readonly Partition[] {
  if (!recovery) return LAYOUTS[firmware];
  const partition: Partition = {
    create: { Type: 'Primary', Size: RECOVERY_SIZE },
    modify: { Format: 'NTFS', Label: 'WinRE', TypeID: RECOVERY_TYPE[firmware] },
  };
  // UEFI: first, as in Microsoft's example of an answer file; only the last one can take the rest of the disk, and that
  // must be Windows. BIOS: behind the active one.
  const at = firmware === 'efi' ? 0 : 1;
  return LAYOUTS[firmware].toSpliced(at, 0, partition);
}

/**
 * DiskConfiguration of Microsoft-Windows-Setup for the first disk, which is wiped; others are not named, so Setup leaves
 * them alone.
 */
export function diskConfiguration(firmware: Firmware, recovery = false): SettingTree {
  const partitions = layout(firmware, recovery);
  return {
    WillShowUI: 'OnError',
    Disk: [
      {
        DiskID: 0,
        WillWipeDisk: true,
        CreatePartitions: {
          CreatePartition: partitions.map(({ create }, index) => ({ Order: index + 1, ...create })),
        },
        ModifyPartitions: {
          ModifyPartition: partitions.map(({ modify }, index) => ({
            Order: index + 1,
            PartitionID: index + 1,
            ...modify,
          })),
        },
      },
    ],
  };
}

/** InstallTo of OSImage that fits `diskConfiguration`. */
export function installTo(firmware: Firmware, recovery = false): SettingTree {
  return { DiskID: 0, PartitionID: layout(firmware, recovery).indexOf(WINDOWS) + 1 };
}
