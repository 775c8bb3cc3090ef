import { createHash } from 'node:crypto';
import type { Json } from '../common/json.ts';
import { Redactor } from '../common/redactor.ts';
import { runCommand } from './channel.ts';
import { decodeCliXml } from './clixml.ts';
import type { LiveConnection } from './connect.ts';
import { GuestError, type ScriptFailure } from './errors.ts';
import { parseScriptLine, type ScriptProgress } from './markers.ts';
import { connectionLost } from './sftp.ts';

const FOLDER = 'C:\\ProgramData\\ingot\\scripts';
/** Lines of log and of standard error that a failure carries as evidence, and characters of each. */
const EVIDENCE_LINES = 30;
const EVIDENCE_WIDTH = 1000;
const SECRET_NAME = /pass(word|phrase)|secret|token|credential|private_?key/i;

export type ScriptParameters = { readonly [name: string]: Json };

export interface ScriptCall {
  /** File name in the scripts folder of the guest. */
  readonly name: string;
  readonly parameters: ScriptParameters;
  /** With `-Test`: only a report. */
  readonly test?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Kept out of progress, log and errors, besides the parameters whose names say that they are secret. */
  readonly secrets?: readonly string[] | undefined;
  readonly onProgress?: ((progress: ScriptProgress) => void) | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
}

export interface ScriptEnd {
  /** The JSON of the one result line; undefined when there was none. */
  readonly result: unknown;
  readonly hasResult: boolean;
  /** False when the connection was lost after the result line. */
  readonly exited: boolean;
  /** For a failure that is found out later, with the secrets taken out. */
  readonly evidence: readonly string[];
  readonly redactor: Redactor;
}

/**
 * Runs an uploaded script as docs/guest-contract.md says. Rejects with `guest.script` when the script failed,
 * `guest.output` when it broke the contract, `guest.connection-lost` when there was no end.
 */
export async function callScript(live: LiveConnection, call: ScriptCall): Promise<ScriptEnd> {
  const redactor = redactorFor(call);
  const results: unknown[] = [];
  const log: string[] = [];
  const broken: string[] = [];
  let failure: ScriptFailure | undefined;
  const keep = (line: string) => {
    const text = redactor.text(line);
    log.push(text.slice(0, EVIDENCE_WIDTH));
    if (log.length > EVIDENCE_LINES) log.shift();
    call.onLog?.(text);
  };
  const end = await runCommand(live, scriptCommand(call.name, call.test), {
    input: `${Buffer.from(JSON.stringify(call.parameters), 'utf8').toString('base64')}\n`,
    signal: call.signal,
    onLine(text) {
      const line = parseScriptLine(text);
      if (line.kind === 'progress') call.onProgress?.(redactor.value(line.progress));
      else if (line.kind === 'result') results.push(line.value);
      else if (line.kind === 'error') failure ??= redactor.value(line.error);
      else if (line.kind === 'log') keep(line.text);
      else if (line.marker === 'result' || line.marker === 'error')
        broken.push(`##ingot:${line.marker} ${line.reason}`);
      else keep(text);
    },
  });

  const evidence = [...log, ...evidenceLines(redactor.text(decodeCliXml(end.stderr)))];
  const exited = end.exitCode !== undefined;
  if (failure !== undefined) throw scriptFailed(failure, evidence);
  if (broken.length > 0) throw badOutput(call.name, `a line that ${broken[0]}`, evidence);
  if (results.length > 1) throw badOutput(call.name, `${results.length} result lines`, evidence);
  if (!exited && results.length === 0)
    throw connectionLost(
      `run ${call.name} to its end`,
      live.lost.reason ?? new Error('its channel closed without an exit code'),
    );
  if (exited && end.exitCode !== 0)
    throw new GuestError('guest.script', `Expected ${call.name} to end with exit code 0, found ${end.exitCode}.`, {
      evidence,
      remedy: 'The last lines of its output say why, as far as it said anything.',
    });
  return { result: results[0], hasResult: results.length === 1, exited, evidence, redactor };
}

/** The command line of the contract; nothing variable is in it but the name. */
export function scriptCommand(name: string, test = false): string {
  const command = `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File ${FOLDER}\\${name}`;
  return test ? `${command} -Test` : command;
}

export function badOutput(script: string, found: string, evidence: readonly string[]): GuestError {
  return new GuestError(
    'guest.output',
    `Expected ${script} to end with one result line of the agreed shape, found ${found}.`,
    {
      evidence,
      remedy: 'This is a defect of the script, or another program wrote to its standard output.',
    },
  );
}

/** A script of the user may hold any character: Windows PowerShell 5.1 reads a file without byte order mark as ANSI. */
export function userScriptBytes(text: string): Buffer {
  const bom = text.startsWith('\uFEFF') || !/[^\0-\x7F]/.test(text) ? '' : '\uFEFF';
  return Buffer.from(bom + text, 'utf8');
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function scriptFailed(failure: ScriptFailure, evidence: readonly string[]): GuestError {
  const place = failure.line === undefined ? failure.script : `${failure.script}:${failure.line}`;
  const kind = failure.category === undefined ? '' : ` (${failure.category})`;
  return new GuestError('guest.script', `${failure.script} failed: ${failure.message}`, {
    evidence: [`${place}${kind}${failure.code === undefined ? '' : ` ${failure.code}`}`, ...evidence],
    remedy: 'Mend what it says, in the image file or in the script, and build again: steps that are done are kept.',
    script: failure,
  });
}

function evidenceLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimEnd().slice(0, EVIDENCE_WIDTH))
    .filter((line) => line !== '')
    .slice(-EVIDENCE_LINES)
    .map((line) => `stderr: ${line}`);
}

function redactorFor(call: ScriptCall): Redactor {
  const redactor = new Redactor();
  for (const secret of call.secrets ?? []) redactor.add(secret);
  const visit = (value: Json, secret: boolean): void => {
    if (typeof value === 'string') {
      if (secret) redactor.add(value);
    } else if (value !== null && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) visit(item, secret || SECRET_NAME.test(name));
    }
  };
  visit(call.parameters, false);
  return redactor;
}
