import { Command, Option } from 'commander';
import type { Cli } from '../context.ts';
import { withVcenter } from '../with-vcenter.ts';
import { readInput, type TemplateFlags, withTemplateFlags } from './shared.ts';

interface TkgFlags extends TemplateFlags {
  readonly variables?: boolean;
  readonly in?: string;
  readonly reveal?: boolean;
  readonly anyWindows?: boolean;
}

/** `ingot handover tkg FILE`: what Tanzu Kubernetes Grid needs to make nodes of the template. */
export function tkgCommand(cli: Cli): Command {
  return withTemplateFlags(
    new Command('tkg')
      .summary('print what Tanzu Kubernetes Grid needs to use the template')
      .description(
        'Prints the OSImage of the template, the failure domains and the identity of the image file, for kubectl apply -f - ; ' +
          'or, with --variables, the lines for the configuration file of a cluster; or, with --in, a Cluster with Windows workers.',
      ),
  )
    .addOption(new Option('--variables', 'print the variables of a cluster configuration file instead').conflicts('in'))
    .option('--in <cluster.yaml>', 'add the Windows workers to this Cluster, and print it')
    .option('--reveal', 'print the Secret of the identity with its password, too')
    .option('--any-windows', 'do not ask whether Tanzu supports this version of Windows')
    .action((file: string, flags: TkgFlags) => tkg(cli, file, flags));
}

async function tkg(cli: Cli, file: string, flags: TkgFlags): Promise<void> {
  const { variables = false, in: cluster, foreignTemplate: foreign, reveal, anyWindows } = flags;
  if (cluster !== undefined) {
    const { loadOrExplain } = await import('../load.ts');
    const image = await loadOrExplain(cli, file, { vars: flags.var ?? {}, env: cli.env, checkFiles: false });
    if (image === undefined) return;
    const [{ addWindowsWorkers }, { windowsWorkers }] = await Promise.all([
      import('../../handover/tanzu/cluster.ts'),
      import('../../handover/tanzu/index.ts'),
    ]);
    cli.stdout.write(addWindowsWorkers(cluster, await readInput(cluster, '--in'), windowsWorkers(image)));
    return;
  }
  await withVcenter(cli, file, flags.var ?? {}, async ({ image, vc, signal, print }) => {
    const { tanzuManifests, tanzuVariables } = await import('../../handover/tanzu/index.ts');
    const options = { signal, foreign, reveal, anyWindows };
    const text = await (variables ? tanzuVariables : tanzuManifests)(vc, image, options);
    // What --reveal asks for is the one place where a secret is not masked.
    if (reveal === true) cli.stdout.write(text);
    else print(text);
  });
}
