import { once } from 'node:events';
import { Command, Option } from 'commander';
import { IngotError } from '../common/failure.ts';
import { shellExports } from '../common/shell.ts';
import type { Cli } from './context.ts';
import { debugLog, type LabSpeed, labProgress, labSpeeds, scenarioOf } from './lab-session.ts';

interface LabFlags {
  readonly speed: LabSpeed;
  readonly scenario?: string;
}

/** `ingot lab`: a vCenter and a Windows to rehearse on, until Ctrl-C. */
export function labCommand(cli: Cli): Command {
  return new Command('lab')
    .summary('keep a simulated vCenter and Windows up, to rehearse on and look inside')
    .description(
      'Keeps a simulated vCenter and its Windows guests up until Ctrl-C. What a shell needs to reach them is printed ' +
        'as exports on standard output; with it, `ingot build` (without --lab), govc and any other vSphere tool work ' +
        'on the lab as on any vCenter.',
    )
    .addOption(new Option('--speed <speed>', 'how fast Windows is').choices(labSpeeds).default('instant'))
    .option('--scenario <file>', 'what goes wrong: a JSON or YAML file, or the JSON itself (see lab/README.md)')
    .action((flags: LabFlags) => keepLab(cli, flags));
}

async function keepLab(cli: Cli, { speed, scenario: source }: LabFlags): Promise<void> {
  const { signal } = cli.interrupts;
  const [{ startLab }, scenario] = await Promise.all([import('../lab/client.ts'), scenarioOf(source)]);
  const lab = await startLab({ speed, scenario, signal, onLog: debugLog(cli), onProgress: labProgress(cli) });
  try {
    cli.stdout.write(shellExports(lab.env));
    cli.stderr.write(
      'The lab is up. Give these lines to another shell, then try `govc find /` or `ingot build FILE`. Ctrl-C stops it.\n',
    );
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), lab.ended]);
    if (!signal.aborted) {
      throw new IngotError('lab.ended', 'expected the lab to stay up, found that its process has ended', {
        remedy: 'start it again with INGOT_DEBUG=1, which shows its log',
      });
    }
  } finally {
    await lab.stop();
  }
}
