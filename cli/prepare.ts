import { Command, InvalidArgumentError } from 'commander';
import type { Failure } from '../common/failure.ts';
import type { Outcome, Part, PreparedPart } from '../steps/prepare/index.ts';
import { parts } from '../steps/prepare/preparation.ts';
import type { Cli } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { Entry } from './prepare-report.ts';
import { collectVariable, type Variables } from './variables.ts';
import { type AtVcenter, withVcenter } from './with-vcenter.ts';

interface PrepareFlags {
  readonly var?: Variables;
  readonly yes?: boolean;
  readonly check?: boolean;
  readonly only?: readonly Part[];
  readonly json?: boolean;
}

/** `ingot prepare FILE`: what the clusters that use a template need in vCenter, and with `--yes` its making. */
export function prepareCommand(cli: Cli): Command {
  return new Command('prepare')
    .summary('show what clusters need in vCenter, and set it up')
    .description(
      'Compares vCenter with what the image file says of the clusters that use the template: tags of regions and zones, ' +
        'the storage policy, and more (docs/prepare.md). Changes nothing unless --yes is given; what is right already ' +
        'stays as it is, and nothing is removed but privileges of prepare.role.',
    )
    .argument('<file>', 'the image file')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option('--yes', 'make the changes that are shown, and read them back')
    .option('--check', 'end with exit code 1 if something is not right (with --yes: afterwards)')
    .option('--only <parts>', `only these, separated by commas: ${parts.join(', ')}`, only)
    .option('--json', 'print one JSON array instead of a table')
    .action((file: string, flags: PrepareFlags) =>
      withVcenter(cli, file, flags.var ?? {}, (at) => prepareAt(cli, at, flags)),
    );
}

function only(text: string): readonly Part[] {
  const known = new Map<string, Part>(parts.map((part) => [part, part]));
  return text.split(',').map((name) => {
    const part = known.get(name.trim());
    if (part === undefined) throw new InvalidArgumentError(`Expected some of ${parts.join(', ')}.`);
    return part;
  });
}

async function prepareAt(cli: Cli, { vc, image, signal, print }: AtVcenter, flags: PrepareFlags): Promise<void> {
  const { yes = false, check = false, json = false } = flags;
  const [{ prepare }, { report }, { toFailure }] = await Promise.all([
    import('../steps/prepare/index.ts'),
    import('./prepare-report.ts'),
    import('../pipeline/failures.ts'),
  ]);
  const table = report(cli);
  const entries: Entry[] = [];
  let complete = true;
  for await (const prepared of prepare(vc, image, { signal, only: flags.only, change: yes })) {
    complete &&= !unread(cli, prepared, signal);
    const more = prepared.outcomes.map((outcome) => entryOf(outcome, toFailure));
    entries.push(...more);
    if (!json) for (const entry of more) print(table.entry(entry));
  }
  print(json ? `${JSON.stringify(entries.map(facts), null, 2)}\n` : table.end(entries, { yes, complete }));
  const failed = entries.some(({ action }) => action === 'failed');
  const open = entries.some(({ preparation, action }) => preparation.state !== 'right' && action !== 'changed');
  if (failed || (check && open)) cli.exitCode ||= exitCodes.failed;
  signal.throwIfAborted();
}

/** Says why a part could not be read; the others go on. */
function unread(cli: Cli, { error }: PreparedPart, signal: AbortSignal): boolean {
  if (error === undefined) return false;
  if (signal.aborted) return true;
  const code = explain(cli, error);
  cli.exitCode ||= code;
  return true;
}

function entryOf({ error, ...outcome }: Outcome, toFailure: (error: unknown) => Failure): Entry {
  if (error === undefined) return outcome;
  const { code, message, remedy, evidence } = toFailure(error);
  return { ...outcome, failure: { code, message, remedy, evidence } };
}

/** An entry without functions, for machines; the note is of the last reading. */
function facts({ preparation, after, action, failure }: Entry) {
  const { change: _, steps = [], note = null, ...rest } = preparation;
  return { ...rest, note: after?.note ?? note, steps, action, failure: failure ?? null };
}
