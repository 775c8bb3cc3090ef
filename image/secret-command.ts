import { execa } from 'execa';
import { IngotError } from '../common/failure.ts';
import { type SecretContext, trimNewline } from './secret.ts';

const TIMEOUT = 60_000;

/**
 * Splits a command line into its words, without any shell: blanks separate; single quotes keep everything between them;
 * double quotes keep everything but `\"` and `\\`; elsewhere a backslash takes the next character as it is. Variables,
 * wildcards, pipes and redirections have no meaning.
 * @returns the words, or undefined if a quote is not closed
 */
export function splitCommand(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
        word = (word ?? '') + next;
        at += 1;
      } else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\' && next !== '') {
      word = (word ?? '') + next;
      at += 1;
    } else word = (word ?? '') + char;
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * Standard output of the command, less one newline at its end. No shell takes part, standard input is empty, and the
 * deadline is one minute. If it fails, the last lines of its standard error are the evidence; its output never is.
 */
export async function runSecretCommand(line: string, context: SecretContext): Promise<string> {
  const [file, ...parameters] = splitCommand(line) ?? [];
  if (file === undefined) {
    throw new IngotError('secret.command', `expected a command in exec:${line}, found a quote that is not closed`, {
      remedy: 'close the quote; a literal quote is written \\" ',
    });
  }
  const result = await execa(file, parameters, {
    cwd: context.directory,
    env: { ...context.env },
    extendEnv: false,
    stdin: 'ignore',
    timeout: TIMEOUT,
    stripFinalNewline: false,
    reject: false,
    maxBuffer: 1024 * 1024,
  });
  if (!result.failed) return trimNewline(result.stdout);
  const missing = result.code === 'ENOENT';
  const found = missing
    ? 'no such program'
    : result.timedOut
      ? `that it still ran after ${TIMEOUT / 1000} s`
      : `that it ended with ${result.exitCode === undefined ? (result.signal ?? result.code) : `exit code ${result.exitCode}`}`;
  throw new IngotError(
    missing ? 'secret.missing' : 'secret.command',
    `expected a secret from the command ${file}, found ${found}`,
    {
      remedy: missing ? `install ${file} or name it by its path` : 'run the command by hand and see what it says',
      evidence: result.stderr.split(/\r?\n/).filter(Boolean).slice(-5),
      timedOut: result.timedOut,
    },
  );
}
