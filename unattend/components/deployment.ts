import type { PassTree, SettingTree } from '../settings.ts';

/** A command that Setup runs as SYSTEM, one after the other. */
export interface RunSynchronousCommand {
  /** Program and arguments, at most 259 characters; no shell of its own. */
  readonly path: string;
  /** At most 259 characters. */
  readonly description: string;
}

/**
 * Commands of Microsoft-Windows-Deployment in specialize, in their order.
 * Source: Unattended Windows Setup Reference, RunSynchronous.
 */
function runSynchronous(commands: readonly RunSynchronousCommand[]): PassTree {
  const items = commands.map(
    ({ path, description }, index): SettingTree => ({
      Description: description,
      Order: index + 1,
      Path: path,
      WillReboot: 'Never',
    }),
  );
  return { specialize: { 'Microsoft-Windows-Deployment': { RunSynchronous: { RunSynchronousCommand: items } } } };
}

/**
 * Lets the partition of Windows take the free space behind it. `Size` beside `Extend` would end the installation.
 * Source: Unattended Windows Setup Reference, ExtendOSPartition.
 */
export function extendOsPartition(): PassTree {
  return { specialize: { 'Microsoft-Windows-Deployment': { ExtendOSPartition: { Extend: true } } } };
}

/**
 * No sleep while Windows is built, and none in the clones. An answer file has no setting for it: PreferredPlan
 * (Microsoft-Windows-powercpl) chooses a plan, of a control panel that Server Core does not have. So Setup runs powercfg,
 * which every edition has, as SYSTEM in specialize: before anything can wait for a screen, and whoever logs on later. It
 * always ends well: a Windows that goes to sleep is a smaller harm than one that is not installed.
 */
export function neverSleep(): PassTree {
  const change = (what: string) => `powercfg.exe /change ${what}-timeout-ac 0`;
  return runSynchronous([
    {
      path: `cmd.exe /c "${change('standby')} & ${change('hibernate')} & ${change('monitor')} & exit /b 0"`,
      description: 'Never sleep, never turn the display off',
    },
  ]);
}
