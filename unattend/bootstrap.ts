import { IngotError } from '../common/failure.ts';

/** A disc that is found by its label, and a script in its root. */
export interface Bootstrap {
  readonly volumeLabel: string;
  readonly script: string;
}

/** Longest CommandLine of a FirstLogonCommand. */
const LONGEST_COMMAND = 1024;
const SAFE = /^[A-Za-z0-9_.-]+$/;

/**
 * The command that finds a disc by its volume label and runs a script in its root; drive letters are not known before.
 * Inside double quotes, so only single ones occur in it.
 *
 * @throws IngotError `unattend.bootstrap` when label or script cannot stand in a command line
 */
export function bootstrapCommand({ volumeLabel, script }: Bootstrap): string {
  const find = `(Get-CimInstance -ClassName Win32_LogicalDisk -Filter 'VolumeName=''${volumeLabel}''' | Select-Object -First 1).DeviceID`;
  const command = `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "& (${find} + '\\${script}')"`;
  if (!SAFE.test(volumeLabel) || !SAFE.test(script) || command.length > LONGEST_COMMAND) {
    throw new IngotError(
      'unattend.bootstrap',
      `Expected a volume label and a script name of letters, digits, _, . and -, found “${volumeLabel}” and “${script}”`,
      { remedy: 'Rename them.' },
    );
  }
  return command;
}
