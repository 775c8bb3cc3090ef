import { Command, InvalidArgumentError, Option } from 'commander';
import { IngotError } from '../../common/failure.ts';
import type { MachineSetFlags } from '../../handover/openshift/facts.ts';
import { parseSize } from '../../image/units.ts';
import type { Cli } from '../context.ts';
import { withVcenter } from '../with-vcenter.ts';
import { nonEmpty, type TemplateFlags, withTemplateFlags } from './shared.ts';

interface Flags extends TemplateFlags, MachineSetFlags {
  readonly role?: 'worker' | 'infra';
  readonly platform: 'vsphere' | 'aws';
}

/** `ingot handover machineset FILE`: how OpenShift makes nodes of the template. */
export function machinesetCommand(cli: Cli): Command {
  return withTemplateFlags(
    new Command('machineset')
      .summary('print the MachineSets by which OpenShift makes nodes of the template')
      .description(
        'Prints the MachineSet of the Windows workers on vSphere, one for each failure domain, for oc apply -f -; or, with ' +
          '--role infra, that of infrastructure nodes on vSphere or AWS. What a flag says comes before the image file.',
      ),
  )
    .addOption(
      new Option('--role <role>', 'Windows workers, or infrastructure nodes of Linux').choices(['worker', 'infra']),
    )
    .addOption(
      new Option('--platform <platform>', 'where the nodes are; AWS only for --role infra')
        .choices(['vsphere', 'aws'])
        .default('vsphere'),
    )
    .option('--zone <name>', 'only the MachineSet of this failure domain or zone', nonEmpty)
    .option('--name <name>', 'name of the MachineSet; at most 9 characters for Windows', nonEmpty)
    .option('--replicas <number>', 'machines of each MachineSet', whole(0, 1000))
    .option('--cpus <number>', 'virtual CPUs of a machine', whole(1, 768))
    .option('--memory <size>', 'memory of a machine, such as 16GiB', bytes)
    .option('--disk <size>', "disk of a machine, such as 128GiB; not smaller than the template's", bytes)
    .option('--network <name>', 'port group of the machines', nonEmpty)
    .option('--folder <path>', 'VM folder of the machines', nonEmpty)
    .option('--resource-pool <path>', 'resource pool of the machines', nonEmpty)
    .option('--datastore <name>', 'datastore of the machines', nonEmpty)
    .option('--template <path>', 'inventory path of another template; needed for --role infra on vSphere', nonEmpty)
    .option('--autoscaler <min:max>', 'a MachineAutoscaler beside each MachineSet', range)
    .option('--health-check', 'a MachineHealthCheck beside each MachineSet')
    .action((file: string, flags: Flags) => machineset(cli, file, flags));
}

async function machineset(cli: Cli, file: string, flags: Flags): Promise<void> {
  const { platform, role = platform === 'aws' ? 'infra' : 'worker', foreignTemplate: foreign, var: vars = {} } = flags;
  if (platform === 'aws') {
    if (role === 'worker') throw workersOnAws();
    const { loadOrExplain } = await import('../load.ts');
    const image = await loadOrExplain(cli, file, { vars, env: cli.env, checkFiles: false });
    if (image === undefined) return;
    const { awsMachineSetsYaml } = await import('../../handover/openshift/index.ts');
    cli.stdout.write(cli.redactor.text(await awsMachineSetsYaml(image, flags)));
    return;
  }
  await withVcenter(cli, file, vars, async ({ image, vc, signal, print, warn }) => {
    const { machineSetsYaml, openshiftWarnings } = await import('../../handover/openshift/index.ts');
    const text = await machineSetsYaml(vc, image, { signal, role, flags, foreign });
    // Of a template that ingot did not seal the image file says nothing.
    if (role === 'worker' && foreign !== true) for (const warning of await openshiftWarnings(image)) warn(warning);
    print(text);
  });
}

function workersOnAws(): IngotError {
  return new IngotError('cli.flags', 'expected --role infra with --platform aws, found --role worker', {
    remedy: 'Windows workers are made of the template, which is in vCenter: leave --platform out',
  });
}

function whole(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
  };
}

function bytes(text: string): number {
  const value = parseSize(text);
  if (value === undefined || value === 0) throw new InvalidArgumentError('Expected a size such as 16GiB.');
  return value;
}

function range(text: string): { readonly min: number; readonly max: number } {
  const [, min, max] = /^(\d{1,4}):(\d{1,4})$/.exec(text) ?? [];
  const found = { min: Number(min), max: Number(max) };
  if (found.max >= 1 && found.min <= found.max) return found;
  throw new InvalidArgumentError('Expected two numbers such as 1:6, the second not smaller.');
}
