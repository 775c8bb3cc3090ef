import { SCRIPTS_FOLDER } from './paths.ts';
import { type ScriptCall, ScriptError } from './scripts/call.ts';
import { SCRIPT_MODELS } from './scripts/models.ts';
import { ScriptExit, userScript } from './scripts/user-script.ts';

const COMMAND =
  /^powershell\.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\ProgramData\\ingot\\scripts\\([\w.-]+\.ps1)( -Test)?$/;
const COMMAND_START =
  'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\ProgramData\\ingot\\scripts\\';
/** What powershell.exe exits with when -File names no file. */
const NO_FILE = 0xfffd0000;
const CLIXML = '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"></Objs>';

/** One command over SSH: its standard streams. */
export interface ExecStreams {
  /** Resolves with the first line of standard input, or with all of it at its end. */
  readonly input: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What the guest lends to a command that runs in it. */
export type ExecHost = Omit<
  ScriptCall,
  'name' | 'text' | 'parameters' | 'test' | 'progress' | 'write' | 'after' | 'context' | 'spawn'
> & {
  /** Who runs the command; `network` if it is not given. */
  readonly context?: ScriptCall['context'];
};

/** Runs a command line of the contract and resolves with its exit code; never, if the scenario hangs it or breaks it off. */
export async function execute(commandLine: string, streams: ExecStreams, host: ExecHost): Promise<number> {
  const [, name, testSwitch] = COMMAND.exec(commandLine) ?? [];
  if (name === undefined) {
    const [program = ''] = commandLine.trim().split(/\s+/);
    streams.err(
      `'${program}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`,
    );
    return 1;
  }
  streams.err(CLIXML);
  const problem = scriptProblem(name, host);
  if (problem !== undefined) {
    streams.out(`${problem}\r\n`);
    return NO_FILE;
  }
  const text = host.windows.files.read(`${SCRIPTS_FOLDER}/${name}`)?.toString('latin1') ?? '';
  const say = (marker: string, value: unknown) => streams.out(`##ingot:${marker} ${JSON.stringify(value)}\r\n`);
  const later: (() => void)[] = [];
  try {
    const parameters = readParameters(await streams.input());
    await strike(name, host, say);
    const call: ScriptCall = {
      ...host,
      name,
      text,
      parameters,
      test: testSwitch !== undefined,
      context: host.context ?? 'network',
      spawn: (script, { test, input, out }) =>
        execute(
          `${COMMAND_START}${script}${test ? ' -Test' : ''}`,
          { input: async () => input, out, err: () => {} },
          { ...host, context: 'system', breakOff: (reboot) => reboot && host.restart() },
        ),
      progress: (message, done, total) => say('progress', { message, done, total }),
      write: (line) => streams.out(`${line}\r\n`),
      after: (what) => later.push(what),
    };
    const model = SCRIPT_MODELS[name];
    if (model === undefined) await userScript(call);
    else say('result', await model(call));
    return 0;
  } catch (error) {
    if (error instanceof ScriptExit) return error.exitCode;
    if (!(error instanceof ScriptError)) throw error;
    say('error', { message: error.message, script: name, line: 1, category: error.category, code: error.code });
    return 1;
  } finally {
    // The exit status goes out first.
    setImmediate(() => {
      for (const what of later) what();
    });
  }
}

/** Why Windows PowerShell 5.1 would not run the file. */
function scriptProblem(name: string, host: ExecHost): string | undefined {
  const { files } = host.windows;
  const path = `C:\\ProgramData\\ingot\\scripts\\${name}`;
  const script = files.read(path);
  if (script === undefined)
    return `The argument '${path}' to the -File parameter does not exist. Provide the path to an existing '.ps1' file as an argument to the -File parameter.`;
  if (script.length === 0) return `The script '${path}' is empty.`;
  if (script.some((byte) => byte > 0x7e || (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13))) {
    return `At ${path}:1 char:1\r\nThe string is missing the terminator: a byte of the file is not ASCII.`;
  }
  // What it dot-sources must lie beside it.
  for (const [, part = ''] of script.toString('latin1').matchAll(/^\. .*\bPSScriptRoot\b.*'([\w-]+\.ps1)'\)\s*$/gm)) {
    if (files.read(`${SCRIPTS_FOLDER}/${part}`) === undefined)
      return `. : The term 'C:\\ProgramData\\ingot\\scripts\\${part}' is not recognized as the name of a cmdlet, function, script file, or operable program.`;
  }
  return undefined;
}

/** One line of base64 of a UTF-8 JSON object. */
function readParameters(line: string): Record<string, unknown> {
  const encoded = line.trim();
  if (encoded === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || encoded.length % 4 !== 0) {
    throw new ScriptError('Invalid length for a Base-64 char array or string.', {
      category: 'InvalidData',
      code: 'parameters',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64')));
  } catch {
    throw new ScriptError('ConvertFrom-Json : Invalid JSON primitive.', {
      category: 'InvalidData',
      code: 'parameters',
    });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ScriptError('The parameters are no JSON object.', { category: 'InvalidData', code: 'parameters' });
  }
  return Object.fromEntries(Object.entries(value));
}

/** What the scenario has for this script. */
async function strike(name: string, host: ExecHost, say: (marker: string, value: unknown) => void): Promise<void> {
  const fault = host.scenario.scenario.scripts?.[name];
  if (fault === undefined) return;
  const never = new Promise<void>(() => {});
  if (host.scenario.strikes(`${name} reboots`, fault.reboots)) {
    say('progress', { message: 'half done' });
    host.breakOff(true);
    await never;
  }
  if (host.scenario.strikes(`${name} drops`, fault.drops)) {
    say('progress', { message: 'half done' });
    host.breakOff(false);
    await never;
  }
  if (host.scenario.strikes(`${name} stopsTools`, fault.stopsTools)) {
    host.stopTools();
    await never;
  }
  if (fault.hangs) await never;
  if (fault.fails !== undefined && host.scenario.strikes(`${name} fails`, fault.times ?? Number.POSITIVE_INFINITY)) {
    throw new ScriptError(fault.fails);
  }
}
