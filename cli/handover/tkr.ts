import { Command } from 'commander';
import type { Cli } from '../context.ts';
import { loadOrExplain } from '../load.ts';
import { collectVariable, type Variables } from '../variables.ts';
import { readInput } from './shared.ts';

interface TkrFlags {
  readonly var?: Variables;
  readonly in: string;
}

/** `ingot handover tkr FILE --in tkr.yaml`: a TanzuKubernetesRelease that knows the OSImage. */
export function tkrCommand(cli: Cli): Command {
  return new Command('tkr')
    .summary('add the image to a TanzuKubernetesRelease')
    .description(
      'Prints a TanzuKubernetesRelease with the OSImage of the image file and the package for Windows in its lists, which ' +
        'keep all that they have; comments stay. What is there already is not added again.',
    )
    .argument('<file>', 'the image file')
    .requiredOption('--in <tkr.yaml>', 'the release, as kubectl get tkr NAME -o yaml writes it')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .action((file: string, flags: TkrFlags) => tkr(cli, file, flags));
}

async function tkr(cli: Cli, file: string, flags: TkrFlags): Promise<void> {
  const image = await loadOrExplain(cli, file, { vars: flags.var ?? {}, env: cli.env, checkFiles: false });
  if (image === undefined) return;
  const [{ addToTkr }, { tkrAddition }, text] = await Promise.all([
    import('../../handover/tanzu/tkr.ts'),
    import('../../handover/tanzu/index.ts'),
    readInput(flags.in, '--in'),
  ]);
  cli.stdout.write(addToTkr(flags.in, text, await tkrAddition(image)));
}
