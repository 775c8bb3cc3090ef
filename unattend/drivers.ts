import type { SettingTree } from './settings.ts';

/**
 * Where the drivers lie on the VMware Tools disc: `Win8` on all of them (2019, 20H2), `Win10` from Tools 12 on (2022
 * and newer). Which letter Windows PE gives the disc is not known before, so each is listed; paths that are not there
 * are passed over.
 */
const FOLDERS = ['pvscsi\\Win8\\amd64', 'pvscsi\\Win10\\amd64', 'vmxnet3\\Win8', 'vmxnet3\\Win10'] as const;
const DRIVES = ['D', 'E', 'F', 'G'] as const;
const ROOT = 'Program Files\\VMware\\VMware Tools\\Drivers';

/** Paths of the pvscsi and vmxnet3 drivers on the VMware Tools disc, whatever its drive letter. */
export function vmwareDriverPaths(): readonly string[] {
  return DRIVES.flatMap((drive) => FOLDERS.map((folder) => `${drive}:\\${ROOT}\\${folder}`));
}

/**
 * Settings of Microsoft-Windows-PnpCustomizationsWinPE: Setup loads these drivers, and puts them into Windows.
 * Source: Unattended Windows Setup Reference, DriverPaths; a path has at most 259 characters.
 */
export function driverSettings(paths: readonly string[]): SettingTree {
  return {
    DriverPaths: { PathAndCredentials: paths.map((path, index) => ({ 'wcm:keyValue': index + 1, Path: path })) },
  };
}
