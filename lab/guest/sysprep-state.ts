import type { ScenarioState, SysprepFound } from '../scenario.ts';
import type { Windows } from './windows.ts';

/** What Sysprep looks at, besides what others look at too; all of it lies on the disk. */
export interface SysprepState {
  /** Activation rearms left. */
  rearms: number;
  /** Below HKLM\SYSTEM\Setup\Status\SysprepStatus; 7 and 2 before and after a run. */
  generalizationState: number;
  cleanupState: number;
  /** Full names of AppX packages that users have and that are not provisioned for all. */
  packages: string[];
  /** Names of those that were removed. */
  removed: string[];
  /** Sysprep ran as SYSTEM. */
  asSystem: boolean;
  /** Passwords of Administrator that this disk has known, by what they were for. */
  passwords: Record<string, string>;
}

export function freshSysprep(): SysprepState {
  return {
    rearms: 5,
    generalizationState: 7,
    cleanupState: 2,
    packages: [],
    removed: [],
    asSystem: false,
    passwords: {},
  };
}

export interface Obstacle {
  readonly code: string;
  readonly message: string;
}

/** What is the matter with a Windows, with what the scenario adds to it. `test`: in the master, before the clone is made. */
export function findingsOf(windows: Windows, scenario: ScenarioState, test: boolean): SysprepFound {
  const found = scenario.scenario.sysprep?.found ?? {};
  const here = found.at === 'clone' && test ? {} : found;
  const { sysprep } = windows;
  const packages = [...sysprep.packages, ...(here.packages ?? [])].filter((name) => !sysprep.removed.includes(name));
  return { ...here, packages, rearms: here.rearms ?? sysprep.rearms };
}

/** The checks of the contract's script; packages are looked at apart. */
export function obstaclesOf(windows: Windows, found: SysprepFound): Obstacle[] {
  const { sysprep } = windows;
  const interrupted = found.interrupted || sysprep.generalizationState !== 7 || sysprep.cleanupState !== 2;
  const all: (readonly [boolean, string, string])[] = [
    [
      windows.pendingReboot.length > 0,
      'pending-reboot',
      `no pending restart, found ${windows.pendingReboot.join(', ')}`,
    ],
    [found.servicing === true, 'servicing', 'servicing to be idle, found it working'],
    [found.installer === true, 'installer', 'no installation at work, found Windows Installer busy'],
    [interrupted === true, 'interrupted', 'CleanupState 2 and GeneralizationState 7, found 2 and 3'],
    [windows.imageState !== 'IMAGE_STATE_COMPLETE', 'image-state', `IMAGE_STATE_COMPLETE, found ${windows.imageState}`],
    [found.bitlocker === true, 'bitlocker', 'C: without BitLocker (ConversionStatus 0), found ConversionStatus 1'],
    [found.domain !== undefined, 'domain', `a member of a workgroup, found a member of the domain ${found.domain}`],
    [(found.rearms ?? 1) < 1, 'rearm', 'at least one activation rearm, found none left'],
    [found.defenderEndpoint === true, 'defender-endpoint', 'no onboarding to Defender for Endpoint, found a senseGuid'],
    [
      (found.roles ?? []).length > 0,
      'roles',
      `no role that Sysprep does not support, found ${found.roles?.join(', ')}`,
    ],
  ];
  return all
    .filter(([is]) => is)
    .map(([, code, words]) => ({ code: `sysprep.${code}`, message: `Expected ${words}.` }));
}

/** The name of a package without version, architecture and publisher. */
export function packageName(full: string): string {
  return full.replace(/_.*$/, '');
}
