/** A value of the registry; `data` as the contract's registry.ps1 tells it. */
export interface RegistryValue {
  type: string;
  data: string | number | string[];
}

/** What a Windows is set to besides its services, features and files; all of it lies on its disk. */
export interface Settings {
  /** By `HIVE\key\name` in lower case. */
  registry: Map<string, RegistryValue>;
  /** Capabilities by name. */
  capabilities: Map<string, 'Installed'>;
  /** Certificates by `STORE thumbprint`: the DER bytes in base64. */
  certificates: Map<string, string>;
  clock: {
    type: string;
    servers: string;
    pollSeconds: number;
    triggers: number;
    vmwareTimeSync: 'enabled' | 'disabled';
  };
  memoryDump: {
    crashDumpEnabled: number;
    autoReboot: number;
    managed: boolean;
    pageFiles: { path: string; initialMegabytes: number; maximumMegabytes: number }[];
  };
  exclusions: { paths: string[]; processes: string[]; extensions: string[] };
  /** Bytes of superseded components. */
  superseded: number;
  /** Restarts that a feature still waits for. */
  restartsLeft: Map<string, number>;
}

/** As Setup leaves them. Sources: the defaults that Microsoft documents for W32Time, CrashControl and the page file. */
export function freshSettings(): Settings {
  return {
    registry: new Map([
      ['hklm\\software\\microsoft\\windows nt\\currentversion\\installationtype', { type: 'String', data: 'Server' }],
    ]),
    capabilities: new Map(),
    certificates: new Map(),
    clock: {
      type: 'NTP',
      servers: 'time.windows.com,0x8',
      pollSeconds: 604_800,
      triggers: 1,
      vmwareTimeSync: 'enabled',
    },
    memoryDump: { crashDumpEnabled: 7, autoReboot: 1, managed: true, pageFiles: [] },
    exclusions: { paths: [], processes: [], extensions: [] },
    superseded: 900 * 2 ** 20,
    restartsLeft: new Map(),
  };
}
