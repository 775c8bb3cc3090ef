import { once } from 'node:events';
import { Command, Option } from 'commander';
import type { Cli } from './context.ts';
import { debugLog, type LabSpeed, labSpeeds } from './lab-session.ts';
import { shellExports } from './shell.ts';

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

async function keepLab(cli: Cli, flags: LabFlags): Promise<void> {
  const { signal } = cli.interrupts;
  const { startLab } = await import('../lab/client.ts');
  const scenario = flags.scenario === undefined ? undefined : await readScenarioFile(flags.scenario);
  const lab = await startLab({ speed: flags.speed, signal, onLog: debugLog(cli), ...(scenario && { scenario }) });
  try {
    cli.stdout.write(shellExports(lab.env));
    cli.stderr.write(
      'The lab is up. Give these lines to another shell, then try `govc find /` or `ingot build FILE`. Ctrl-C stops it.\n',
    );
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await lab.stop();
  }
}

async function readScenarioFile(source: string) {
  const { readScenario } = await import('../lab/scenario.ts');
  return readScenario(source);
}
