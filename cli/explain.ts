import { IngotError } from '../common/failure.ts';
import { isAbort } from '../pipeline/failures.ts';
import type { Cli } from './context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** Failures that say that a flag's value, or one of the image file, is wrong. */
const wrongFlags: ReadonlySet<string> = new Set([
  'lab.scenario',
  'cli.journal',
  'cli.ca-file',
  'cli.flags',
  'cli.image',
  'cli.input-file',
  'iso.url',
  'vsphere.ca-file',
]);

/** Says on stderr what went wrong and what to do, without a stack trace unless INGOT_DEBUG asks for one. */
export function explain(cli: Cli, error: unknown): ExitCode {
  const { interrupts, stderr, env, redactor } = cli;
  const say = (text: string) => void stderr.write(`${redactor.text(text)}\n`);
  // What vCenter or a guest says may hold what a terminal obeys.
  const plain = (text: string) => text.replace(/[^\P{Cc}\n\t]/gu, '');
  if (isAbort(error, interrupts.signal)) {
    say('interrupted');
    return exitCodes.interrupted;
  }
  if (error instanceof IngotError) {
    say(`error: ${plain(error.message)} (${error.code})`);
    for (const line of error.evidence ?? []) say(`  | ${plain(line)}`);
    if (error.remedy !== undefined) say(`  what to do: ${plain(error.remedy)}`);
  } else {
    say(`error: unexpected: ${error instanceof Error ? error.message : String(error)}`);
    say('  what to do: this is a defect of ingot; report it with what INGOT_DEBUG=1 shows');
  }
  if (env.INGOT_DEBUG !== undefined && error instanceof Error) say(error.stack ?? '');
  if (interrupts.signal.aborted) return exitCodes.interrupted;
  if (!(error instanceof IngotError)) return exitCodes.failed;
  if (wrongFlags.has(error.code)) return exitCodes.usage;
  return error.unreachable ? exitCodes.unreachable : exitCodes.failed;
}
