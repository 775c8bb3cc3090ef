import type { Pass } from './model.ts';

/**
 * The passes in which a component has settings. Source: Unattended Windows Setup Reference, "Components".
 * Components that are not listed can be used, but are not checked.
 */
export const COMPONENT_PASSES: Readonly<Record<string, readonly Pass[]>> = {
  'Microsoft-Windows-Setup': ['windowsPE'],
  'Microsoft-Windows-International-Core-WinPE': ['windowsPE'],
  'Microsoft-Windows-PnpCustomizationsWinPE': ['windowsPE'],
  'Microsoft-Windows-PnpCustomizationsNonWinPE': ['offlineServicing', 'auditSystem'],
  'Microsoft-Windows-LUA-Settings': ['offlineServicing'],
  'Microsoft-Windows-PnpSysprep': ['generalize'],
  'Microsoft-Windows-Security-SPP': ['generalize'],
  'Microsoft-Windows-Security-SPP-UX': ['specialize'],
  'Microsoft-Windows-International-Core': ['specialize', 'oobeSystem'],
  'Microsoft-Windows-Shell-Setup': ['generalize', 'specialize', 'auditSystem', 'auditUser', 'oobeSystem'],
  'Microsoft-Windows-Deployment': ['generalize', 'specialize', 'auditSystem', 'auditUser', 'oobeSystem'],
  'Microsoft-Windows-SQMApi': ['specialize'],
  'Microsoft-Windows-TCPIP': ['windowsPE', 'specialize'],
  'Microsoft-Windows-DNS-Client': ['windowsPE', 'specialize'],
  'Microsoft-Windows-UnattendedJoin': ['specialize'],
  'Microsoft-Windows-TerminalServices-LocalSessionManager': ['specialize'],
  'Microsoft-Windows-TerminalServices-RDP-WinStationExtensions': ['specialize'],
  'Microsoft-Windows-RemoteAssistance-Exe': ['specialize'],
  'Microsoft-Windows-IE-ESC': ['specialize'],
  'Microsoft-Windows-IE-InternetExplorer': ['specialize'],
  'Microsoft-Windows-ServerManager-SvrMgrNc': ['specialize', 'generalize'],
  'Networking-MPSSVC-Svc': ['specialize'],
};
