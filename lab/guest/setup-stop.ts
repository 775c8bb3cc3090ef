/** Windows waits: a dialog or a page with these words stands on the console. */
export class SetupStop extends Error {
  override readonly name = 'SetupStop';
}

/**
 * What Windows Setup says. Behind each the public report of a real Setup in which the words were read; “ours”: that
 * Setup stops there is documented or reported, the words are not, and these follow its others.
 */
export const WORDS = {
  /** UnattendedWinstall#211, tiny11builder#154. */
  unreadable: 'Windows Setup encountered an internal error while loading or searching for an unattend answer file.',
  /** memstechtips/UnattendedWinstall#49, packer-windows#151, one-apps#225. */
  productKey: 'Windows cannot read the <ProductKey> setting from the unattend answer file.',
  /** Known by hearsay only: no report with it was found. */
  invalidProductKey:
    'The unattend answer file contains an invalid product key. Either remove the invalid key or provide a valid product key in the unattend answer file to proceed with Windows installation.',
  /** PackerBuilds#7, packer-windows#259 (pvscsi without its driver). */
  diskConfiguration: "Windows could not apply the unattend answer file's <DiskConfiguration> setting.",
  /** windows-iotent-deploy#19: EFI and MSR partitions under BIOS; 0x80042565 is VDS_E_INVALID_PARTITION_TYPE. */
  partitionType:
    "Windows could not create a partition on disk 0. The error occurred while applying the unattend answer file's <DiskConfiguration> setting. Error code: 0x80042565",
  /** Setup's list of disks. */
  efiPartition: 'Windows cannot be installed to this hard disk space. The partition is an EFI system partition (ESP).',
  tooSmall: 'Windows cannot be installed to this hard disk space. The partition is too small.',
  /** Ours, after efiPartition. */
  reservedPartition:
    'Windows cannot be installed to this hard disk space. The partition is a Microsoft Reserved (MSR) partition.',
  /** Ours, after diskConfiguration; for a disk or partition that is not there. */
  imageInstall: "Windows could not apply the unattend answer file's <ImageInstall> setting.",
  /** Many reports, among them of disks without an EFI system partition or an active one. */
  notBootable:
    'Windows could not prepare the computer to boot into the next phase of installation. To install Windows, restart the installation.',
  /** windows-iotent-deploy#25: an index that is not in the WIM. */
  noImages: 'No images are available.',
  /** winode#10: a name that is not in the WIM; /IMAGE/NAME left out. */
  selectImage: 'Windows Setup: Select the operating system you want to install. [Next]',
  selectLanguage: 'Windows Setup: Language to install, time and currency format, keyboard. [Next]',
  selectPartition: 'Where do you want to install Windows? [Next]',
  enterProductKey: 'Activate Windows: Enter the product key. [Next]',
  license: 'Applicable notices and license terms. [ ] I accept the license terms. [Next]',
  noDrives: "We couldn't find any drives. To get a storage driver, click Load driver.",
  mediaDriver: 'A media driver your computer needs is missing. [Browse]',
  /** SupportArticles-docs, setup-fail-on-vm. */
  memory: 'Windows Setup could not install one or more boot-critical drivers. Error code: 0xE0000100',
  /** SupportArticles-docs and many reports: a reset in the middle of Setup, or after one of its errors. */
  restarted:
    'The computer restarted unexpectedly or encountered an unexpected error. Windows installation cannot proceed. To install Windows, click "OK" to restart the computer, and then restart the installation.',
  /** GenerateAnswerFile#44. */
  undecodable: 'Windows could not complete the installation. Failed to decode password (0x8007000d).',
  /** TECH198460. */
  passwordPolicy: 'Windows could not complete the installation. (0x800708C5)',
} as const;

/** A component or setting that Windows does not know, or not in this pass (hashicorp/packer#5418). */
export function doesNotExist(pass: string): SetupStop {
  return new SetupStop(
    `Windows could not parse or process the unattend answer file for pass [${pass}]. A component or setting specified in the answer file does not exist.`,
  );
}

/** A file that is XML but no answer file (LocalUser.App#8), or a value that its setting can't take (Lability). */
export function invalidFor(pass: string | undefined): SetupStop {
  const where = pass === undefined ? '' : ` for pass [${pass}]`;
  return new SetupStop(
    `Windows could not parse or process the unattend answer file${where}. The answer file is invalid.`,
  );
}

/** A value that its component refused when it was applied (FFU#29; a key of another version: reports of 2022's on 2025). */
export function notApplied(pass: string, component: string): SetupStop {
  return new SetupStop(
    `Windows could not parse or process the unattend answer file for pass [${pass}]. The settings specified in the answer file cannot be applied. The error was detected while processing settings for component [${component}].`,
  );
}
