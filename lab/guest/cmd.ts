import { type CmdCommand, CmdSyntaxError, parseCmdArguments, wordsOf } from './cmd-line.ts';
import { type ExecHost, execute } from './exec.ts';
import type { NtfsRefusal } from './file-system.ts';

const POWERSHELL = 'c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe';
const VMTOOLSD = 'c:\\program files\\vmware\\vmware tools\\vmtoolsd.exe';
/** What cmd.exe sets when it finds no such program. */
const NO_PROGRAM = 9009;

/** What a program started by VMware Tools needs of its guest. */
export interface CmdHost extends ExecHost {
  /** False once the process was killed, or Windows went down: nothing is written any more. */
  readonly alive: () => boolean;
  /** `vmtoolsd --cmd "info-set KEY VALUE"`. */
  readonly setInfo: (key: string, value: string) => Promise<void>;
}

/** Runs `cmd.exe ARGUMENTS` without a console and resolves with its exit code. */
export async function runCmd(args: string, host: CmdHost): Promise<number> {
  const variables = new Map<string, string>();
  let level = 0;
  try {
    const { delayed, commands } = parseCmdArguments(args);
    for (const command of commands) {
      const text = delayed ? expand(command.text, variables, level) : command.text;
      const [, exit] = /^exit\s+(\S*)\s*$/i.exec(text) ?? [];
      if (exit !== undefined) return /^-?\d+$/.test(exit) ? Number(exit) : 0;
      const [, name, value] = /^set\s+([^=\s]+)=(.*)$/is.exec(text) ?? [];
      if (name !== undefined) variables.set(name.toLowerCase(), value ?? '');
      // A signed number, whatever the program ended with.
      else level = (await simple({ ...command, text }, host)) | 0;
      if (!host.alive()) return 1;
    }
    return level;
  } catch (error) {
    if (error instanceof CmdSyntaxError) return 1;
    throw error;
  }
}

function expand(text: string, variables: ReadonlyMap<string, string>, level: number): string {
  return text.replace(/!([^!]+)!/g, (_, name: string) => {
    const known = variables.get(name.toLowerCase());
    return known ?? (name.toLowerCase() === 'errorlevel' ? String(level) : '');
  });
}

async function simple({ text, input, output, errors }: CmdCommand, host: CmdHost): Promise<number> {
  const { files } = host.windows;
  const stdin = input === undefined ? '' : files.read(input)?.toString('utf8');
  if (stdin === undefined) return 1; // "The system cannot find the file specified."
  const streams = [opened(output, host), opened(errors, host)] as const;
  if (streams.some((stream) => stream === undefined)) return 1; // "The system cannot find the path specified."
  const [out, err] = streams;
  const [program = '', ...words] = wordsOf(text);
  const name = program.toLowerCase();
  if (name === POWERSHELL) {
    const line = text.trim().replace(/^("[^"]*"|\S+)/, 'powershell.exe');
    const read = async () => stdin.split('\n', 1)[0] ?? '';
    return execute(line, { input: read, out: out ?? (() => {}), err: err ?? (() => {}) }, host);
  }
  if (name === VMTOOLSD) return vmtoolsd(words, host);
  if (name === 'del') {
    const path = words.filter((word) => !word.startsWith('/')).at(-1) ?? '';
    files.removeFile(path);
    return 0; // del says "Could Not Find" and leaves the error level alone
  }
  if (name === 'echo') {
    out?.(`${words.join(' ')}\r\n`);
    return 0;
  }
  err?.(`'${program}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`);
  return NO_PROGRAM;
}

/** Opens the target of a redirection: emptied first, written at once. undefined where it cannot be made. */
function opened(path: string | undefined, host: CmdHost): ((text: string) => void) | undefined {
  if (path === undefined) return () => {};
  const { files } = host.windows;
  const refused: NtfsRefusal | undefined = files.write(path, Buffer.alloc(0));
  if (refused !== undefined) return undefined;
  return (text) => {
    if (host.alive())
      files.write(path, Buffer.concat([files.read(path) ?? Buffer.alloc(0), Buffer.from(text, 'utf8')]));
  };
}

async function vmtoolsd([option, command = '']: readonly string[], host: CmdHost): Promise<number> {
  const [, key, value] = /^info-set (guestinfo\.\S+) ?(.*)$/s.exec(command) ?? [];
  if (option !== '--cmd' || key === undefined) return 1;
  if (host.windows.services.get('VMTools')?.status !== 'Running' || !host.alive()) return 1;
  await host.setInfo(key, value ?? '');
  return 0;
}
