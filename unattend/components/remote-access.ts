import type { PassTree } from '../settings.ts';

/** Group of firewall rules “Remote Desktop”, by the resource that names it in every language. */
const REMOTE_DESKTOP_GROUP = '@FirewallAPI.dll,-28752';

/**
 * Remote Desktop: Microsoft-Windows-TerminalServices-LocalSessionManager allows it, …-RDP-WinStationExtensions asks for
 * Network Level Authentication, and Networking-MPSSVC-Svc opens the firewall: without the group nobody gets in.
 * Source: Unattended Windows Setup Reference, fDenyTSConnections, UserAuthentication, FirewallGroups.
 */
export function remoteDesktop({ networkLevelAuthentication = true } = {}): PassTree {
  return {
    specialize: {
      'Microsoft-Windows-TerminalServices-LocalSessionManager': { fDenyTSConnections: false },
      'Microsoft-Windows-TerminalServices-RDP-WinStationExtensions': {
        UserAuthentication: networkLevelAuthentication ? 1 : 0,
      },
      'Networking-MPSSVC-Svc': {
        FirewallGroups: {
          FirewallGroup: [
            { 'wcm:keyValue': 'RemoteDesktop', Active: true, Group: REMOTE_DESKTOP_GROUP, Profile: 'all' },
          ],
        },
      },
    },
  };
}

/**
 * Remote Assistance on or off: Microsoft-Windows-RemoteAssistance-Exe.
 * Source: Unattended Windows Setup Reference, fAllowToGetHelp.
 */
export function remoteAssistance(allowed: boolean): PassTree {
  return { specialize: { 'Microsoft-Windows-RemoteAssistance-Exe': { fAllowToGetHelp: allowed } } };
}
