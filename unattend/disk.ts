import type { SettingTree } from './settings.ts';

export type Firmware = 'efi' | 'bios';

interface Layout {
  readonly disk: SettingTree;
  /** Number of the partition that Windows is installed to. */
  readonly windows: number;
}

/**
 * Layouts that Microsoft documents: UEFI with GPT (EFI system 100 MB, MSR 16 MB, Windows) and BIOS with MBR (system
 * 500 MB, active; Windows). Sizes in MB. Windows takes the rest, so that it can be extended later: nothing lies behind.
 */
const LAYOUTS: Readonly<Record<Firmware, Layout>> = {
  efi: {
    disk: {
      CreatePartitions: {
        CreatePartition: [
          { Order: 1, Type: 'EFI', Size: 100 },
          { Order: 2, Type: 'MSR', Size: 16 },
          { Order: 3, Type: 'Primary', Extend: true },
        ],
      },
      ModifyPartitions: {
        ModifyPartition: [
          { Order: 1, PartitionID: 1, Format: 'FAT32', Label: 'System' },
          { Order: 2, PartitionID: 2 },
          { Order: 3, PartitionID: 3, Format: 'NTFS', Label: 'Windows', Letter: 'C' },
        ],
      },
    },
    windows: 3,
  },
  bios: {
    disk: {
      CreatePartitions: {
        CreatePartition: [
          { Order: 1, Type: 'Primary', Size: 500 },
          { Order: 2, Type: 'Primary', Extend: true },
        ],
      },
      ModifyPartitions: {
        ModifyPartition: [
          { Order: 1, PartitionID: 1, Format: 'NTFS', Label: 'System', Active: true },
          { Order: 2, PartitionID: 2, Format: 'NTFS', Label: 'Windows', Letter: 'C' },
        ],
      },
    },
    windows: 2,
  },
};

/** DiskConfiguration of Microsoft-Windows-Setup for the first disk; others are left alone. */
export function diskConfiguration(firmware: Firmware): SettingTree {
  return {
    WillShowUI: 'OnError',
    Disk: [{ DiskID: 0, WillWipeDisk: true, ...LAYOUTS[firmware].disk }],
  };
}

/** InstallTo of OSImage that fits `diskConfiguration`. */
export function installTo(firmware: Firmware): SettingTree {
  return { DiskID: 0, PartitionID: LAYOUTS[firmware].windows };
}
