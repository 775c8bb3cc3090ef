import { Command, InvalidArgumentError } from 'commander';
import type { Image } from '../image/index.ts';
import { parseDuration } from '../image/units.ts';
import type { Leftover } from '../steps/prune/index.ts';
import type { Cli } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { Entry } from './prune-report.ts';
import { collectVariable, type Variables, variablesOf } from './variables.ts';

interface PruneFlags {
  readonly var?: Variables;
  readonly yes?: boolean;
  readonly media?: boolean;
  /** Milliseconds. */
  readonly olderThan?: number;
  readonly json?: boolean;
}

/** `ingot prune FILE…`: what builds left behind in vCenter, and with `--yes` its end. */
export function pruneCommand(cli: Cli): Command {
  return new Command('prune')
    .summary('show what builds left behind in vCenter, and remove it')
    .description(
      'Shows what builds of these image files left behind in vCenter and no build needs: answer discs, partial uploads, ' +
        'clones that were not finished, old templates, media. Changes nothing unless --yes is given. What ingot did not ' +
        'make, the master and the current template always stay.',
    )
    .argument('<file...>', 'the image files')
    .option('--var <name=value>', 'value of a variable of the image files; repeat it for more', collectVariable)
    .option('--yes', 'remove what is shown')
    .option('--media', 'also the media that no VM has in a drive; images that you do not name may share them')
    .option('--older-than <age>', 'age of media and clones, such as 7d or 12h (default: 30d, clones 24h)', age)
    .option('--json', 'print one JSON array instead of tables')
    .action((files: string[], flags: PruneFlags) => prune(cli, files, flags));
}

function age(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new InvalidArgumentError('Expected a duration such as 7d, 12h or 1d12h.');
}

async function prune(cli: Cli, files: readonly string[], flags: PruneFlags): Promise<void> {
  const images = await load(cli, files, flags.var ?? {});
  if (images === undefined) return;
  const [{ findLeftovers }, { report }] = await Promise.all([
    import('../steps/prune/index.ts'),
    import('./prune-report.ts'),
  ]);
  const { signal } = cli.interrupts;
  const { json = false, yes = false, media = false, olderThan } = flags;
  const write = (text: string) => void cli.stdout.write(cli.redactor.text(text));
  const warn = (message: string) => void cli.stderr.write(`${cli.redactor.text(`warning: ${message}`)}\n`);
  const { found, failures, close } = await findLeftovers(images, { signal, media, olderThanMs: olderThan, warn });
  try {
    for (const failure of failures) {
      const code = explain(cli, failure);
      cli.exitCode ||= code;
    }
    const table = report(cli, found, { yes, complete: failures.length === 0 });
    const entries: Entry[] = [];
    for (const leftover of found) {
      if (signal.aborted) break;
      const entry = await entryOf(leftover, yes, signal);
      if (entry.failure !== undefined) cli.exitCode ||= exitCodes.failed;
      entries.push(entry);
      if (!json) write(table.entry(entry));
    }
    write(json ? `${JSON.stringify(entries.map(facts), null, 2)}\n` : table.end(entries));
    signal.throwIfAborted();
  } finally {
    await close();
  }
}

/** All images, or nothing if a file is wrong: then the problems of all files are on stderr, and the exit code is set. */
async function load(cli: Cli, files: readonly string[], vars: Variables): Promise<Image[] | undefined> {
  const { formatProblem, loadImages } = await import('../image/index.ts');
  const { env, redactor, stderr } = cli;
  const loaded = await loadImages(files, { vars, optionalVars: variablesOf(env), env, redactor });
  for (const problem of loaded.flatMap((each) => each.problems))
    stderr.write(`${redactor.text(formatProblem(problem))}\n`);
  const images = loaded.flatMap(({ image }) => image ?? []);
  if (images.length === files.length) return images;
  cli.exitCode = exitCodes.usage;
  return undefined;
}

/** Removes what can go if that is asked for; why it could not is data, and the others go on. */
async function entryOf(leftover: Leftover, yes: boolean, signal: AbortSignal): Promise<Entry> {
  if (leftover.remove === undefined) return { leftover, action: 'keep' };
  if (!yes) return { leftover, action: 'remove' };
  try {
    await leftover.remove(signal);
    return { leftover, action: 'removed' };
  } catch (error) {
    const { toFailure } = await import('../pipeline/failures.ts');
    const { code, message, remedy } = toFailure(error);
    if (!signal.aborted) return { leftover, action: 'failed', failure: { code, message, remedy } };
    const interrupted = 'interrupted: vCenter may still remove it';
    return { leftover, action: 'failed', failure: { code: 'prune.interrupted', message: interrupted } };
  }
}

/** An entry without functions, for machines. */
function facts({ leftover: { remove: _, ...rest }, action, failure }: Entry) {
  return { ...rest, action, failure: failure ?? null };
}
