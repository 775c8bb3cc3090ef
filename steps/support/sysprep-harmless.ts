/**
 * Lines that runs of Sysprep which succeeded write to setuperr.log as well; any part of a line, without regard to case.
 * With UEFI firmware the lines about BCD come together: the export to the firmware's variables failed, the store on the
 * disk is done. Read in logs of good runs: MicrosoftDocs/azure-docs#43893, microsoft/winget-cli#5599,
 * GoogleCloudPlatform/compute-image-windows#156.
 */
export const harmlessErrors: readonly string[] = [
  'setupdigetclassdevs failed with error 0',
  'MRTGeneralize',
  'Failed to re-enable Compat-Gentel custom trigger',
  'BCD: BiUpdateEfiEntry failed c000000d',
  'BCD: BiExportBcdObjects failed c000000d',
  'BCD: BiExportStoreAlterationsToEfi failed c000000d',
  'Failed to export alterations to firmware. Status: c000000d',
];

/**
 * Where passwords of the build lie in Windows, besides the folder of ingot: answer files that Setup keeps, and logs. What
 * Sysprep itself copies to Panther later, from /unattend, is what a clone starts with, and stays.
 */
export const leftovers: readonly string[] = [
  'C:\\Windows\\Panther\\unattend.xml',
  'C:\\Windows\\Panther\\unattend-original.xml',
  'C:\\Windows\\Panther\\Autounattend.xml',
  'C:\\Windows\\Panther\\Unattend',
  'C:\\Windows\\System32\\Sysprep\\unattend.xml',
  'C:\\Windows\\System32\\Sysprep\\Panther\\unattend.xml',
  'C:\\Windows\\Temp\\ingot-sysprep.log',
];
