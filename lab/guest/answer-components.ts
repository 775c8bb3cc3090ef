/** The passes of an answer file (Windows Setup Configuration Passes). */
export const PASSES: readonly string[] = [
  'windowsPE',
  'offlineServicing',
  'generalize',
  'specialize',
  'auditSystem',
  'auditUser',
  'oobeSystem',
];

/** Components and the passes they belong to (Unattended Windows Setup Reference); those that occur in answer files for servers. */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  'Microsoft-Windows-International-Core-WinPE': ['windowsPE'],
  'Microsoft-Windows-PnpCustomizationsWinPE': ['windowsPE'],
  'Microsoft-Windows-Setup': ['windowsPE'],
  'Microsoft-Windows-TCPIP': ['windowsPE', 'specialize'],
  'Microsoft-Windows-DNS-Client': ['specialize'],
  'Microsoft-Windows-NetBT': ['specialize'],
  'Microsoft-Windows-LUA-Settings': ['offlineServicing'],
  'Microsoft-Windows-DeviceGuard-Unattend': ['offlineServicing'],
  'Microsoft-Windows-PartitionManager': ['offlineServicing'],
  'Microsoft-Windows-PnpCustomizationsNonWinPE': ['offlineServicing', 'auditSystem'],
  'Microsoft-Windows-PnpSysprep': ['generalize', 'specialize'],
  'Microsoft-Windows-SMBServer': ['generalize', 'specialize'],
  'Microsoft-Windows-SNMP-Agent-Service': ['generalize', 'specialize'],
  'Microsoft-Windows-Security-SPP': ['generalize', 'specialize'],
  'Microsoft-Windows-Security-SPP-UX': ['specialize'],
  'Microsoft-Windows-SQMApi': ['specialize'],
  'Microsoft-Windows-International-Core': ['specialize', 'oobeSystem'],
  'Microsoft-Windows-Deployment': ['generalize', 'specialize', 'auditSystem', 'auditUser', 'oobeSystem'],
  'Microsoft-Windows-Shell-Setup': [
    'offlineServicing',
    'generalize',
    'specialize',
    'auditSystem',
    'auditUser',
    'oobeSystem',
  ],
  'Microsoft-Windows-UnattendedJoin': ['specialize'],
  'Microsoft-Windows-IE-ESC': ['specialize'],
  'Microsoft-Windows-IE-InternetExplorer': ['specialize'],
  'Microsoft-Windows-OutOfBoxExperience': ['generalize', 'specialize'],
  'Microsoft-Windows-ServerManager-SvrMgrNc': ['generalize', 'specialize'],
  'Microsoft-Windows-RemoteAssistance-Exe': ['specialize'],
  'Microsoft-Windows-TerminalServices-LocalSessionManager': ['generalize', 'specialize', 'oobeSystem'],
  'Microsoft-Windows-TerminalServices-RDP-WinStationExtensions': ['generalize', 'specialize', 'oobeSystem'],
  'Microsoft-Windows-ErrorReportingCore': ['generalize', 'specialize', 'auditSystem', 'oobeSystem'],
  'Microsoft-Windows-WinRE-RecoveryAgent': ['oobeSystem'],
  'Microsoft-Windows-SecureStartup-FilterDriver': ['offlineServicing', 'specialize', 'auditSystem', 'oobeSystem'],
  'Networking-MPSSVC-Svc': ['specialize'],
};

const LOCALES = ['InputLocale', 'SystemLocale', 'UILanguage', 'UILanguageFallback', 'UserLocale'];

/** Settings at the top of the components whose reference is short enough to hold them all. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  'Microsoft-Windows-International-Core-WinPE': [...LOCALES, 'LayeredDriver', 'SetupUILanguage'],
  'Microsoft-Windows-International-Core': LOCALES,
  'Microsoft-Windows-PnpCustomizationsWinPE': ['DriverPaths'],
  'Microsoft-Windows-Setup': [
    'ComplianceCheck',
    'Diagnostics',
    'DiskConfiguration',
    'Display',
    'DynamicUpdate',
    'EnableFirewall',
    'EnableNetwork',
    'ImageInstall',
    'LogPath',
    'PageFile',
    'Restart',
    'RunAsynchronous',
    'RunSynchronous',
    'UpgradeData',
    'UseConfigurationSet',
    'UserData',
    'WindowsDeploymentServices',
  ],
  'Microsoft-Windows-Deployment': ['ExtendOSPartition', 'Generalize', 'Reseal', 'RunAsynchronous', 'RunSynchronous'],
};

/** Settings of Shell-Setup that belong to some of its passes only. */
const SHELL_SETUP: Readonly<Record<string, readonly string[]>> = {
  ComputerName: ['offlineServicing', 'specialize'],
  ProductKey: ['specialize'],
  FirstLogonCommands: ['oobeSystem'],
  OOBE: ['oobeSystem'],
  UserAccounts: ['auditSystem', 'oobeSystem'],
};

/** Whether Windows knows this component in this pass. */
export function hasComponent(pass: string, component: string): boolean {
  return COMPONENTS[component]?.includes(pass) ?? false;
}

/** Whether a component has this setting in this pass; unknown here counts as known. */
export function hasSetting(pass: string, component: string, setting: string): boolean {
  if (component === 'Microsoft-Windows-Shell-Setup') return SHELL_SETUP[setting]?.includes(pass) ?? true;
  return SETTINGS[component]?.includes(setting) ?? true;
}
