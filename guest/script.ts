import { createHash } from 'node:crypto';
import { runCommand } from './channel.ts';
import type { LiveConnection } from './connect.ts';
import {
  redactorFor,
  type ScriptEnd,
  type ScriptListener,
  ScriptOutput,
  type ScriptParameters,
} from './script-output.ts';
import { connectionLost } from './sftp.ts';

export type { ScriptEnd, ScriptParameters };

const FOLDER = 'C:\\ProgramData\\ingot\\scripts';

export interface ScriptCall extends ScriptListener {
  /** File name in the scripts folder of the guest. */
  readonly name: string;
  readonly parameters: ScriptParameters;
  /** With `-Test`: only a report. */
  readonly test?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Kept out of progress, log and errors, besides the parameters whose names say that they are secret. */
  readonly secrets?: readonly string[] | undefined;
}

/**
 * Runs an uploaded script as docs/guest-contract.md says. Rejects with `guest.script` when the script failed,
 * `guest.output` when it broke the contract, `guest.connection-lost` when there was no end.
 */
export async function callScript(live: LiveConnection, call: ScriptCall): Promise<ScriptEnd> {
  const output = new ScriptOutput(call.name, redactorFor(call.parameters, call.secrets), call);
  const { exitCode, stderr } = await runCommand(live, scriptCommand(call.name, call.test), {
    input: parameterLine(call.parameters),
    signal: call.signal,
    onLine: (text) => output.line(text),
  });
  return output.end(exitCode, stderr, () =>
    connectionLost(
      `run ${call.name} to its end`,
      live.lost.reason ?? new Error('its channel closed without an exit code'),
    ),
  );
}

/** The command line of the contract; nothing variable is in it but the name. */
export function scriptCommand(name: string, test = false): string {
  const command = `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File ${FOLDER}\\${name}`;
  return test ? `${command} -Test` : command;
}

/** What a script reads from standard input. */
export function parameterLine(parameters: ScriptParameters): string {
  return `${Buffer.from(JSON.stringify(parameters), 'utf8').toString('base64')}\n`;
}

/** The file name becomes part of a command line: nothing in it may mean anything to cmd.exe or PowerShell. */
export function userScriptName(name: string): string {
  return `user-${name.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 60)}.ps1`;
}

/** A script of the user may hold any character: Windows PowerShell 5.1 reads a file without byte order mark as ANSI. */
export function userScriptBytes(text: string): Buffer {
  const bom = text.startsWith('\uFEFF') || !/[^\0-\x7F]/.test(text) ? '' : '\uFEFF';
  return Buffer.from(bom + text, 'utf8');
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
