import type { Hardware } from './hardware.ts';
import type { ToolsReport } from './publisher.ts';
import type { Windows } from './windows.ts';

/** VMware Tools that vCenter takes for current, at least. */
const MINIMUM = [11, 0, 6];

/** What VMware Tools tell vCenter of a Windows and its connected network cards. */
export function toolsReport(
  windows: Windows,
  nics: Hardware['nics'],
  addressesOf: (mac: string) => readonly string[],
): ToolsReport {
  const version = windows.toolsVersion ?? '0';
  const parts = version.split('.').map(Number);
  const differing = MINIMUM.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return {
    version,
    outdated: differing >= 0 && (parts[differing] ?? 0) < (MINIMUM[differing] ?? 0),
    hostName: windows.computerName,
    fullName: `Microsoft Windows Server (${windows.build})`,
    nics: nics
      .filter((nic) => nic.connected)
      .map((nic) => ({ key: nic.key, mac: nic.mac, network: nic.network, addresses: addressesOf(nic.mac) })),
  };
}
