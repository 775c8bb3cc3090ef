/** One simple command of a command line, as cmd.exe reads it before it runs. */
export interface CmdCommand {
  /** The words, quotes kept. Delayed expansion (`!name!`) has not happened yet. */
  readonly text: string;
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly errors: string | undefined;
}

export interface CmdLine {
  /** `/v:on`: `!name!` is expanded when a command runs. */
  readonly delayed: boolean;
  readonly commands: readonly CmdCommand[];
}

/** What cmd.exe says to a line it cannot read. */
export class CmdSyntaxError extends Error {
  override readonly name = 'CmdSyntaxError';
}

const SYNTAX = 'The syntax of the command is incorrect.';

/**
 * Reads the arguments of cmd.exe: switches, then `/c` and the rest of the line. As `cmd /?` documents it: with `/s`, or
 * where the rest is more than one quoted program, its first and its last quote are taken off. Then, outside of quotes,
 * `&` separates commands and `<`, `>`, `2>` redirect. Pipes, blocks, `&&` and `||` are not modelled and refused.
 */
export function parseCmdArguments(args: string): CmdLine {
  const [, switches = '', rest = ''] = /^((?:\s*\/(?!c\b)[a-z](?::\w+)?)*)\s*\/c\s*([\s\S]*)$/i.exec(args) ?? [];
  if (rest === '') throw new CmdSyntaxError(SYNTAX);
  const line = unquoted(rest, /\/s\b/i.test(switches));
  return { delayed: /\/v:on\b/i.test(switches), commands: split(expandPercent(line)).map(redirected) };
}

/** The words of a command, without their quotes. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]+|"[^"]*"?)+/g)].map(([word]) => word.replaceAll('"', ''));
}

function unquoted(rest: string, always: boolean): string {
  if (!rest.startsWith('"')) return rest;
  const quotes = rest.split('"').length - 1;
  // Exactly two quotes around one program without special characters: kept.
  if (!always && quotes === 2 && !/[&<>()@^|]/.test(rest)) return rest;
  const last = rest.lastIndexOf('"');
  return rest.slice(1, last) + rest.slice(last + 1);
}

/** `%NAME%` is expanded once, before anything runs: the exit code of what has not run yet is 0. */
function expandPercent(line: string): string {
  return line.replace(/%errorlevel%/gi, '0');
}

function split(line: string): string[] {
  const commands: string[] = [''];
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (!quoted && /[|()^]/.test(character)) throw new CmdSyntaxError(`${character} was unexpected at this time.`);
    if (!quoted && character === '&') commands.push('');
    else commands[commands.length - 1] += character;
  }
  if (commands.slice(0, -1).some((command) => command.trim() === ''))
    throw new CmdSyntaxError('& was unexpected at this time.');
  return commands.filter((command) => command.trim() !== '').map((command) => command.replace(/^\s+/, ''));
}

function redirected(command: string): CmdCommand {
  const found: { input?: string; output?: string; errors?: string } = {};
  // A digit is a handle only where it begins a word. A target ends at a space, unless it is quoted.
  const pattern = /((?:^|\s)[012](?=[<>]))?([<>]+)\s*("[^"]*"|[^\s<>"]+)?/g;
  const text = replaceOutsideQuotes(command, pattern, (match) => {
    const [, handle = '', operator = '', target] = match;
    if (target === undefined || operator.length !== 1) throw new CmdSyntaxError(SYNTAX);
    const file = target.replaceAll('"', '');
    if (operator === '<') found.input = file;
    else if (handle.trim() === '2') found.errors = file;
    else found.output = file;
  });
  return { text, input: found.input, output: found.output, errors: found.errors };
}

/** Takes out what the pattern finds where it does not begin inside quotes. */
function replaceOutsideQuotes(text: string, pattern: RegExp, onMatch: (match: RegExpExecArray) => void): string {
  let kept = '';
  let at = 0;
  for (;;) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return kept + text.slice(at);
    const before = text.slice(0, match.index);
    const end = match.index + match[0].length;
    if ((before.split('"').length - 1) % 2 === 1) {
      kept += text.slice(at, match.index + 1);
      at = match.index + 1;
      continue;
    }
    onMatch(match);
    kept += `${text.slice(at, match.index)} `;
    at = end;
  }
}
