import type { Customization } from './customization.ts';
import { FileSystem } from './file-system.ts';
import { freshSettings, type Settings } from './settings.ts';
import { freshSysprep, type SysprepState } from './sysprep-state.ts';

/** A Windows service as the Service Control Manager knows it. */
export interface Service {
  status: 'Running' | 'Stopped';
  startType: 'Automatic' | 'Manual' | 'Disabled';
}

export interface FirewallRule {
  name: string;
  /** A number, or a range of them. */
  port: string;
  protocol: string;
  enabled: boolean;
  direction: 'Inbound' | 'Outbound';
  action: 'Allow' | 'Block';
  edgeTraversal: 'Allow' | 'Block';
  profile: string;
  remoteAddresses: string[];
  program: string;
}

export interface InstalledUpdate {
  kb: string;
  title: string;
}

/** One entry of Windows Update's history. */
export type UpdateEntry = {
  /** Update and revision. */
  readonly id: string;
  readonly kb: string;
  readonly title: string;
  readonly resultCode: number;
  readonly hresult: string;
};

/** `HKLM\…\Setup\State\ImageState`. */
export type ImageState =
  | 'IMAGE_STATE_COMPLETE'
  | 'IMAGE_STATE_UNDEPLOYABLE'
  | 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE'
  | 'IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE';

/** An installed Windows: everything that lies on its disk. */
export interface Windows {
  /** For instance `19042.508`. */
  build: string;
  edition: string;
  installationType: string;
  computerName: string;
  /** A name set but not active before the next boot. */
  newComputerName: string | undefined;
  imageState: ImageState;
  administratorPassword: string;
  timeZone: string;
  files: FileSystem;
  services: Map<string, Service>;
  /** The text of sshd_config that sshd was started with. */
  sshdConfig: string;
  features: Map<string, 'Installed' | 'InstallPending'>;
  /** Reasons, as the contract's `pendingReboot` names them. */
  pendingReboot: string[];
  firewall: FirewallRule[];
  toolsVersion: string | undefined;
  updates: InstalledUpdate[];
  /** Update rounds of the scenario that are done. */
  updateRounds: number;
  /** What Windows Update has tried to install, the oldest first. */
  updateHistory: UpdateEntry[];
  software: Map<string, string>;
  settings: Settings;
  /** What Sysprep looks at and leaves. */
  sysprep: SysprepState;
  /** How often Sysprep generalized this installation. */
  generalizations: number;
  /** Path of the answer file Sysprep cached for the next boot. */
  oobeAnswerFile: string | undefined;
  /** The host key that was made last, wherever its files are now. */
  lastHostKey: { privateKey: string; publicKey: string } | undefined;
  /** What the build left on the disk that this clone started from. */
  carried: string[];
}

/** A VM's disk. */
export class Disk {
  windows: Windows | undefined;
  /** Windows Setup has copied its files and is not through: it goes on, or never again after an error or a reset. */
  setupRunning = false;
  /** What vCenter has VMware Tools do at the next start. No part of a copy: it is of the VM. */
  customization: Customization | undefined;

  /** Whether the firmware finds a boot loader. */
  get boots(): boolean {
    return this.windows !== undefined || this.setupRunning;
  }

  /** A copy that changes independently. */
  clone(): Disk {
    const copy = new Disk();
    copy.setupRunning = this.setupRunning;
    if (this.windows !== undefined) {
      const { files, ...rest } = this.windows;
      copy.windows = { ...structuredClone(rest), files: files.clone() };
    }
    return copy;
  }
}

/** A Windows as Setup leaves it on the disk. */
export function freshWindows(image: { build: string; editionId: string; installationType: string }): Windows {
  return {
    build: image.build,
    edition: image.editionId,
    installationType: image.installationType,
    computerName: '',
    newComputerName: undefined,
    imageState: 'IMAGE_STATE_UNDEPLOYABLE',
    administratorPassword: '',
    timeZone: 'Pacific Standard Time',
    files: new FileSystem(),
    services: new Map([
      ['wuauserv', { status: 'Stopped', startType: 'Manual' }],
      ['W32Time', { status: 'Stopped', startType: 'Manual' }],
      ['WinDefend', { status: 'Running', startType: 'Automatic' }],
    ]),
    sshdConfig: '',
    features: new Map(),
    pendingReboot: [],
    firewall: [],
    toolsVersion: undefined,
    updates: [],
    updateRounds: 0,
    updateHistory: [],
    software: new Map(),
    settings: freshSettings(),
    sysprep: freshSysprep(),
    generalizations: 0,
    oobeAnswerFile: undefined,
    lastHostKey: undefined,
    carried: [],
  };
}
