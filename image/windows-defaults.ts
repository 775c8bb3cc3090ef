import type { WindowsVersion } from './schema/windows.ts';

/**
 * Guest OS ids, the best first, with the oldest hardware version that knows each. Which one is taken is for the step
 * that creates the VM: it asks vCenter (QueryConfigOptionEx for the hardware version).
 * Source: VMware's guest OS definitions as in vmware/ansible-vsphere-gos-validation.
 */
export const GUEST_ID_VERSIONS: Readonly<Record<string, number>> = {
  windows9Server64Guest: 11,
  windows2019srv_64Guest: 17,
  windows2019srvNext_64Guest: 18,
  windows2022srvNext_64Guest: 20,
};

/** Newest hardware version that the image file takes: vSphere 9.0. */
export const NEWEST_HARDWARE = 22;

const GUEST_IDS: Readonly<Record<WindowsVersion, readonly string[]>> = {
  '2019': ['windows2019srv_64Guest', 'windows9Server64Guest'],
  '20H2': ['windows2019srv_64Guest', 'windows9Server64Guest'],
  '2022': ['windows2019srvNext_64Guest', 'windows2019srv_64Guest', 'windows9Server64Guest'],
  '2025': [
    'windows2022srvNext_64Guest',
    'windows2019srvNext_64Guest',
    'windows2019srv_64Guest',
    'windows9Server64Guest',
  ],
};

/** First build number of each version: what the ISO and the installed Windows must be. */
const BUILDS: Readonly<Record<WindowsVersion, number>> = { '2019': 17763, '20H2': 19042, '2022': 20348, '2025': 26100 };

/** Ids for the Windows version that the hardware version knows, the best first. */
export function guestIds(version: WindowsVersion, hardware: number): string[] {
  return GUEST_IDS[version].filter((id) => (GUEST_ID_VERSIONS[id] ?? 0) <= hardware);
}

/** `19042` for 20H2. */
export function windowsBuild(version: WindowsVersion): number {
  return BUILDS[version];
}
