import { join } from 'node:path';
import { Command, Option } from 'commander';
import { IngotError } from '../common/failure.ts';
import { shellWord } from '../common/shell.ts';
import type { Listener } from '../pipeline/events.ts';
import { chooseReporter, createReporter, type ReporterName, reporterNames } from '../reporters/choose.ts';
import { newBuildId } from './build-id.ts';
import type { Cli } from './context.ts';
import { exitCodeOf, exitCodesHelp } from './exit-codes.ts';
import { guarded } from './guarded.ts';
import { inSession, type LabSpeed, labSpeeds } from './lab-session.ts';
import { loadOrExplain } from './load.ts';
import { collectVariable, type Variables } from './variables.ts';

interface BuildFlags {
  readonly var?: Variables;
  readonly lab?: boolean;
  readonly labSpeed?: LabSpeed;
  readonly labScenario?: string;
  readonly reporter?: ReporterName;
  readonly journalDir: string;
}

/** `ingot build FILE`: from the image file to the template. */
export function buildCommand(cli: Cli): Command {
  return new Command('build')
    .summary('build the template that an image file describes')
    .description(
      'Builds the template that an image file describes. What an earlier build has finished and still holds is kept, ' +
        'so the same command continues a build that failed or was interrupted, from any machine.',
    )
    .argument('<file>', 'the image file')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option('--lab', 'rehearse it: on a simulated vCenter and Windows, started and stopped with the build')
    .addOption(new Option('--lab-speed <speed>', "how fast the lab's Windows is (default: instant)").choices(labSpeeds))
    .option('--lab-scenario <file>', 'what goes wrong in the lab: a JSON or YAML file (see lab/README.md)')
    .addOption(
      new Option('--reporter <name>', 'how to show the build (default: terminal, or plain in CI and pipes)').choices(
        reporterNames,
      ),
    )
    .option('--journal-dir <folder>', 'where the journals of builds are kept', '.ingot')
    .addHelpText('after', `\n${exitCodesHelp}`)
    .action((file: string, flags: BuildFlags) => {
      preload();
      return inSession(cli, flags, ({ env }) => build(cli, file, flags, env));
    });
}

/** Loads what a build needs while the lab starts or the image file is read; what fails here fails again, and is told, there. */
function preload(): void {
  Promise.all([import('../steps/build.ts'), import('../pipeline/journal.ts'), import('../image/index.ts')]).catch(
    () => undefined,
  );
}

async function build(cli: Cli, file: string, flags: BuildFlags, env: NodeJS.ProcessEnv): Promise<void> {
  const image = await loadOrExplain(cli, file, { vars: flags.var ?? {}, env });
  if (image === undefined) return;

  const { buildImage } = await import('../steps/build.ts');
  const id = newBuildId();
  const journalFile = join(flags.journalDir, image.name, `${id}.jsonl`);
  const record = await openJournal(journalFile);
  const reporter = await createReporter(chooseReporter(flags.reporter, { output: cli.stdout, env: cli.env }), {
    output: cli.stdout,
    env: cli.env,
    resume:
      flags.lab === true
        ? 'not possible: what --lab made is gone with it (`ingot lab` keeps its machines)'
        : commandLine(cli),
    journal: journalFile,
  });
  cli.interrupts.onFirst(() => {
    reporter.stopping();
    if (flags.reporter === 'json') cli.stderr.write('Stopping; Ctrl-C again to stop at once.\n');
  });
  const say = (message: string) => void cli.stderr.write(`${cli.redactor.text(message)}\n`);
  const listeners: Listener[] = [
    guarded(record, (error) => say(`the journal ${journalFile} is not complete: ${error}`)),
    guarded(reporter.listener, (error) => say(`the display stopped: ${error}`)),
  ];
  try {
    const { signal } = cli.interrupts;
    const result = await buildImage(image, { build: id, listeners, signal, redactor: cli.redactor });
    cli.exitCode = exitCodeOf(result);
  } finally {
    await reporter.close();
    record.close();
    if (flags.lab === true) say('\nThis was a rehearsal: the lab goes, and with it all that is named above.');
  }
}

async function openJournal(file: string) {
  const { journal } = await import('../pipeline/journal.ts');
  try {
    return journal(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new IngotError('cli.journal', `expected to write the journal ${file}, found: ${why}`, {
      cause,
      remedy: 'name a folder that can be written with --journal-dir',
    });
  }
}

function commandLine(cli: Cli): string {
  return cli.redactor.text(['ingot', ...cli.argv].map(shellWord).join(' '));
}
