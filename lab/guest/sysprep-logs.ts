import type { SysprepFound } from '../scenario.ts';
import type { FileSystem } from './file-system.ts';
import type { Windows } from './windows.ts';

const PANTHER = 'C:/Windows/System32/Sysprep/Panther';
export const SETUPACT_FILE = `${PANTHER}/setupact.log`;
export const SETUPERR_FILE = `${PANTHER}/setuperr.log`;

/** A line as setupact.log and setuperr.log have them. */
export function line(text: string, level: 'Error' | 'Info' = 'Error'): string {
  const code = /^\[0x[0-9a-f]{6}\]/.test(text) ? '' : ' '.repeat(11);
  return `${new Date().toISOString().slice(0, 19).replace('T', ' ')}, ${level.padEnd(11)}${code}${text}`;
}

/** Appends to both logs, as Sysprep does: errors to each, all else to setupact.log. */
export function log(files: FileSystem, errors: readonly string[], info: readonly string[] = []): void {
  files.makeFolder(PANTHER);
  append(files, SETUPACT_FILE, [...info, ...errors]);
  append(files, SETUPERR_FILE, errors);
}

function append(files: FileSystem, path: string, lines: readonly string[]): void {
  const before = files.read(path)?.toString('utf8') ?? '';
  files.write(path, before + lines.map((text) => `${text}\r\n`).join(''));
}

export function linesOf(files: FileSystem, path: string): string[] {
  return (files.read(path)?.toString('utf8') ?? '').split('\r\n').filter((text) => text !== '');
}

/**
 * What Sysprep itself writes when it finds the same that the contract's script looks for, and was started all the same.
 * The lines were read in public logs: those that are named in docs/sysprep.md.
 */
export function refusal(windows: Windows, found: SysprepFound): string[] | undefined {
  const [name] = found.packages ?? [];
  if (found.interrupted || windows.sysprep.generalizationState !== 7)
    return ended(
      '[0x0f0073] SYSPRP RunExternalDlls:Not running DLLs; either the machine is in an invalid state or we couldn’t update the recorded state, dwRet = 31',
      '0x8007001f',
    );
  if (found.bitlocker)
    return ended(
      'SYSPRP BitLocker-Sysprep: BitLocker is on for the OS volume. Turn BitLocker off to run Sysprep. (0x80310039)',
      '0x80310039',
    );
  if (name !== undefined)
    return ended(
      `SYSPRP Package ${name} was installed for a user, but not provisioned for all users. This package will not function properly in the sysprep image.`,
      '0x80073cf2',
    );
  if (found.servicing)
    return ended('[0x0f00b0] SYSPRP spopk.dll:: Failed to query pending CBS operations; hr = 0x80080005', '0x80070005');
  if (found.defenderEndpoint)
    return ended(
      'SYSPRP ActionPlatform::DeleteValue: Error from RegDeleteValueW for value senseGuid under key HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows Advanced Threat Protection; dwRet = 0x5',
      '0x80070005',
    );
  if ((found.rearms ?? 1) < 1)
    return ended(
      "[0x0f0082] SYSPRP LaunchDll: Failure occurred while executing 'C:\\Windows\\System32\\slc.dll, SLReArmWindows', returned error code -1073425657",
      '0xc004d307',
    );
  return undefined;
}

/** The end of a run that gave up. */
function ended(first: string, code: string): string[] {
  return [
    line(first),
    line('[0x0f0070] SYSPRP RunDlls:An error occurred while running registry sysprep DLLs, halting sysprep execution.'),
    line(`[0x0f00a8] SYSPRP WinMain:Hit failure while processing sysprep generalize internal providers; hr = ${code}`),
  ];
}
