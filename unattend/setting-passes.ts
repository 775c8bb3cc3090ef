import type { Pass } from './model.ts';

const SPECIALIZE: readonly Pass[] = ['specialize'];
const WINDOWS_PE: readonly Pass[] = ['windowsPE'];
const OOBE: readonly Pass[] = ['oobeSystem'];

/**
 * The settings directly below a component, with the passes in which each is valid. For the components that ingot writes
 * or that answer files of servers usually have; a component that is not here is not checked so far down.
 * Source: Microsoft, Unattended Windows Setup Reference, “Valid Configuration Passes” of each setting (Windows 10 1809,
 * Windows Server 2019).
 */
export const SETTING_PASSES: Readonly<Record<string, Readonly<Record<string, readonly Pass[]>>>> = {
  'Microsoft-Windows-DNS-Client': {
    DNSDomain: SPECIALIZE,
    DNSSuffixSearchOrder: SPECIALIZE,
    Interfaces: SPECIALIZE,
    UseDomainNameDevolution: SPECIALIZE,
  },
  'Microsoft-Windows-Deployment': {
    AuditComputerName: ['auditSystem'],
    DeviceForm: ['generalize', 'specialize', 'auditSystem', 'oobeSystem'],
    DuplicatorDescription: ['generalize'],
    ExtendOSPartition: ['generalize', 'specialize', 'auditSystem', 'oobeSystem'],
    Generalize: ['auditUser'],
    Reseal: ['auditSystem', 'auditUser', 'oobeSystem'],
    RunAsynchronous: ['specialize', 'auditUser'],
    RunSynchronous: ['specialize', 'auditUser'],
  },
  'Microsoft-Windows-IE-ESC': {
    IEHardenAdmin: SPECIALIZE,
    IEHardenUser: SPECIALIZE,
  },
  'Microsoft-Windows-International-Core': {
    InputLocale: ['specialize', 'oobeSystem'],
    SystemLocale: ['specialize', 'oobeSystem'],
    UILanguage: ['specialize', 'oobeSystem'],
    UILanguageFallback: ['specialize', 'oobeSystem'],
    UserLocale: ['specialize', 'oobeSystem'],
  },
  'Microsoft-Windows-International-Core-WinPE': {
    InputLocale: WINDOWS_PE,
    LayeredDriver: WINDOWS_PE,
    SetupUILanguage: WINDOWS_PE,
    SystemLocale: WINDOWS_PE,
    UILanguage: WINDOWS_PE,
    UILanguageFallback: WINDOWS_PE,
    UserLocale: WINDOWS_PE,
  },
  'Microsoft-Windows-LUA-Settings': {
    EnableLUA: ['offlineServicing'],
  },
  'Microsoft-Windows-PnpCustomizationsNonWinPE': {
    DriverPaths: ['offlineServicing', 'auditSystem'],
  },
  'Microsoft-Windows-PnpCustomizationsWinPE': {
    DriverPaths: WINDOWS_PE,
  },
  'Microsoft-Windows-PnpSysprep': {
    DoNotCleanUpNonPresentDevices: ['generalize', 'specialize'],
    PersistAllDeviceInstalls: ['generalize'],
  },
  'Microsoft-Windows-RemoteAssistance-Exe': {
    CreateEncryptedOnlyTickets: SPECIALIZE,
    MaxTicketExpiry: SPECIALIZE,
    MaxTicketExpiryUnits: SPECIALIZE,
    fAllowFullControl: SPECIALIZE,
    fAllowToGetHelp: SPECIALIZE,
    fEnableChatControl: SPECIALIZE,
  },
  'Microsoft-Windows-SQMApi': {
    CEIPEnabled: SPECIALIZE,
  },
  'Microsoft-Windows-Security-SPP': {
    SkipRearm: ['generalize'],
  },
  'Microsoft-Windows-Security-SPP-UX': {
    SkipAutoActivation: SPECIALIZE,
  },
  'Microsoft-Windows-ServerManager-SvrMgrNc': {
    DoNotOpenServerManagerAtLogon: ['generalize', 'specialize'],
  },
  'Microsoft-Windows-Setup': {
    ComplianceCheck: WINDOWS_PE,
    Diagnostics: WINDOWS_PE,
    DiskConfiguration: WINDOWS_PE,
    Display: WINDOWS_PE,
    DynamicUpdate: WINDOWS_PE,
    EnableFirewall: WINDOWS_PE,
    EnableNetwork: WINDOWS_PE,
    ImageInstall: WINDOWS_PE,
    LogPath: WINDOWS_PE,
    PageFile: WINDOWS_PE,
    Restart: WINDOWS_PE,
    RunAsynchronous: WINDOWS_PE,
    RunSynchronous: WINDOWS_PE,
    UpgradeData: WINDOWS_PE,
    UseConfigurationSet: WINDOWS_PE,
    UserData: WINDOWS_PE,
    WindowsDeploymentServices: WINDOWS_PE,
  },
  'Microsoft-Windows-Shell-Setup': {
    AutoLogon: ['specialize', 'auditSystem', 'oobeSystem'],
    ComputerName: ['offlineServicing', 'specialize'],
    CopyProfile: SPECIALIZE,
    DesktopOptimization: ['offlineServicing', 'specialize', 'oobeSystem'],
    DisableAutoDaylightTimeSet: ['specialize', 'auditSystem', 'oobeSystem'],
    Display: ['specialize', 'auditSystem', 'auditUser', 'oobeSystem'],
    EnableStartMenu: ['offlineServicing', 'generalize', 'specialize', 'auditSystem', 'oobeSystem'],
    FirstLogonCommands: OOBE,
    FolderLocations: OOBE,
    LogonCommands: OOBE,
    NotificationArea: SPECIALIZE,
    OEMInformation: ['offlineServicing', 'generalize', 'specialize', 'auditUser', 'oobeSystem'],
    OEMName: SPECIALIZE,
    OOBE: OOBE,
    OfflineUserAccounts: ['offlineServicing'],
    ProductKey: SPECIALIZE,
    RegionalOverrides: ['specialize', 'auditUser', 'oobeSystem'],
    RegisteredOrganization: ['offlineServicing', 'generalize', 'specialize', 'auditUser', 'oobeSystem'],
    RegisteredOwner: ['offlineServicing', 'generalize', 'specialize', 'auditUser', 'oobeSystem'],
    ShowPowerButtonOnStartScreen: ['specialize', 'auditUser', 'oobeSystem'],
    StartTiles: ['specialize', 'auditUser', 'oobeSystem'],
    StartTilesRegionalOverrides: ['specialize', 'auditUser', 'oobeSystem'],
    TaskbarLinks: ['specialize', 'auditUser', 'oobeSystem'],
    Themes: ['specialize', 'auditSystem', 'auditUser', 'oobeSystem'],
    TimeZone: ['specialize', 'auditSystem', 'oobeSystem'],
    UserAccounts: ['auditSystem', 'oobeSystem'],
    VisualEffects: OOBE,
    WindowsFeatures: ['specialize', 'auditSystem', 'auditUser', 'oobeSystem'],
  },
  'Microsoft-Windows-TCPIP': {
    IcmpRedirectsEnabled: ['windowsPE', 'specialize'],
    Interfaces: ['windowsPE', 'specialize'],
  },
  'Microsoft-Windows-TerminalServices-LocalSessionManager': {
    fDenyTSConnections: ['offlineServicing', 'generalize', 'specialize'],
  },
  'Microsoft-Windows-TerminalServices-RDP-WinStationExtensions': {
    SecurityLayer: ['generalize', 'specialize'],
    UserAuthentication: ['generalize', 'specialize'],
  },
  'Microsoft-Windows-UnattendedJoin': {
    Identification: SPECIALIZE,
    OfflineIdentification: ['offlineServicing'],
  },
  'Networking-MPSSVC-Svc': {
    DisableStatefulFTP: SPECIALIZE,
    DisableStatefulPPTP: SPECIALIZE,
    DomainProfile_DisableNotifications: SPECIALIZE,
    DomainProfile_EnableFirewall: SPECIALIZE,
    DomainProfile_LogDroppedPackets: SPECIALIZE,
    DomainProfile_LogFile: SPECIALIZE,
    DomainProfile_LogFileSize: SPECIALIZE,
    DomainProfile_LogSuccessfulConnections: SPECIALIZE,
    FirewallGroups: SPECIALIZE,
    PrivateProfile_DisableNotifications: SPECIALIZE,
    PrivateProfile_EnableFirewall: SPECIALIZE,
    PrivateProfile_LogDroppedPackets: SPECIALIZE,
    PrivateProfile_LogFile: SPECIALIZE,
    PrivateProfile_LogFileSize: SPECIALIZE,
    PrivateProfile_LogSuccessfulConnections: SPECIALIZE,
    PublicProfile_DisableNotifications: SPECIALIZE,
    PublicProfile_EnableFirewall: SPECIALIZE,
    PublicProfile_LogDroppedPackets: SPECIALIZE,
    PublicProfile_LogFile: SPECIALIZE,
    PublicProfile_LogFileSize: SPECIALIZE,
    PublicProfile_LogSuccessfulConnections: SPECIALIZE,
  },
};
