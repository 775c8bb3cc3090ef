import { Command } from 'commander';
import type { Cli } from '../context.ts';
import { inSession } from '../lab-session.ts';
import { collectVariable, type Variables } from '../variables.ts';

export interface InspectFlags {
  readonly json?: boolean;
  readonly caFile?: string;
  readonly image?: string;
  readonly var?: Variables;
  readonly lab?: boolean;
}

/** `ingot iso inspect ISO`: what is on it, and what an image file says to install it. */
export function inspectCommand(cli: Cli): Command {
  return new Command('inspect')
    .summary('show what is on an ISO, and which settings fit it')
    .description(
      'Shows what is on a Windows ISO, whether it boots without a key press, and which settings of an image file fit it. ' +
        'Only a few hundred KiB are read, wherever it lies.',
    )
    .argument('<iso>', "a file, an http(s) URL, or '[datastore] path'")
    .option('--json', 'print one JSON object instead of tables')
    .option('--ca-file <file>', 'for a URL: PEM file of a CA to trust beside the system’s roots')
    .option('--image <file>', 'for a datastore path: the image file that names the vCenter and datacenter')
    .option('--var <name=value>', 'value of a variable of that image file; repeat it for more', collectVariable)
    .option('--lab', 'for a datastore path: look into a lab that is started for it, instead of a vCenter')
    .action((iso: string, flags: InspectFlags) => inSession(cli, flags, ({ env }) => inspect(cli, iso, flags, env)));
}

async function inspect(cli: Cli, iso: string, flags: InspectFlags, env: NodeJS.ProcessEnv): Promise<void> {
  const [{ inspectMedia }, { openMediaAt }, { settingsOf }] = await Promise.all([
    import('../../iso/inspect.ts'),
    import('./open.ts'),
    import('./settings.ts'),
  ]);
  await using opened = await openMediaAt(cli, iso, flags, env);
  if (opened === undefined) return;
  const { source, location } = opened;
  const facts = await inspectMedia(source);
  const settings = settingsOf(facts);
  if (flags.json === true) {
    const all = { source: source.name, ...facts, settings };
    cli.stdout.write(cli.redactor.text(`${JSON.stringify(all, null, 2)}\n`));
    return;
  }
  const { report } = await import('./report.ts');
  cli.stdout.write(cli.redactor.text(report(cli, { name: source.name, location, facts, settings })));
}
