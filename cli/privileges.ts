import { Command, InvalidArgumentError } from 'commander';
import type { Image } from '../image/index.ts';
import type { RoleFacts } from '../steps/privileges/commands.ts';
import type { Group } from '../steps/privileges/compute.ts';
import type { Vsphere } from '../vsphere/connect.ts';
import type { Cli } from './context.ts';
import { loadOrExplain } from './load.ts';
import { collectVariable, type Variables } from './variables.ts';
import { withVcenter } from './with-vcenter.ts';

interface PrivilegesFlags {
  readonly var?: Variables;
  readonly for?: readonly Group[];
  readonly role?: string;
  readonly principal?: string;
  readonly group?: boolean;
  readonly offline?: boolean;
  readonly govc?: boolean;
  readonly powercli?: boolean;
  readonly json?: boolean;
}

const names: readonly Group[] = ['build', 'lease', 'prune', 'publish', 'prepare', 'handover'];

/** `ingot privileges FILE`: what an account needs in vCenter, why, and the commands that give it. */
export function privilegesCommand(cli: Cli): Command {
  return new Command('privileges')
    .summary('show the privileges that an image needs in vCenter')
    .description(
      'Shows the privileges of the methods that ingot calls for this image file, the objects that they are needed on, and ' +
        'what for; and the commands that make a role of them and give it to an account. Changes nothing.',
    )
    .argument('<file>', 'the image file')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option('--for <groups>', `what it is needed for: ${names.join(', ')} (default: build,publish)`, groupsOf)
    .option('--role <name>', 'name of the role (default: prepare.role.name, else ingot)')
    .option('--principal <account>', 'who gets it (default: prepare.role.principal, else vcenter.username)')
    .option('--group', 'the principal is a group')
    .option('--offline', 'do not look the objects up in vCenter: take their names from the image file')
    .option('--govc', 'print only the govc commands')
    .option('--powercli', 'print only the PowerCLI command of the role')
    .option('--json', 'print one JSON object instead of a table')
    .action((file: string, flags: PrivilegesFlags) => privileges(cli, file, flags));
}

function groupsOf(text: string): readonly Group[] {
  const wanted = text.split(',').map((word) => word.trim());
  const found = names.filter((name) => wanted.includes(name));
  if (found.length === wanted.length) return found;
  throw new InvalidArgumentError(`Expected some of ${names.join(', ')}, separated by commas.`);
}

async function privileges(cli: Cli, file: string, flags: PrivilegesFlags): Promise<void> {
  const vars = flags.var ?? {};
  if (flags.offline === true) {
    const image = await loadOrExplain(cli, file, { vars, env: cli.env, checkFiles: false });
    if (image !== undefined) cli.stdout.write(cli.redactor.text(await report(image, undefined, cli, flags)));
    return;
  }
  await withVcenter(cli, file, vars, async ({ image, vc, print }) => print(await report(image, vc, cli, flags)));
}

async function report(image: Image, vc: Vsphere | undefined, cli: Cli, flags: PrivilegesFlags): Promise<string> {
  const [{ planPrivileges }, { govcCommands, powerCliCommands }, { table, json }] = await Promise.all([
    import('../steps/privileges/plan.ts'),
    import('../steps/privileges/commands.ts'),
    import('./privileges-report.ts'),
  ]);
  const { role } = image.prepare;
  const groups = flags.for ?? role?.for ?? ['build', 'publish'];
  const plan = await planPrivileges(image, { groups, vc, signal: cli.interrupts.signal });
  const facts: RoleFacts = {
    name: flags.role ?? role?.name ?? 'ingot',
    principal: flags.principal ?? role?.principal ?? image.vcenter.username,
    group: flags.group ?? role?.group ?? false,
  };
  const [govc, powercli] = [govcCommands(plan, facts), powerCliCommands(plan, facts)];
  if (flags.json === true) return json(plan, facts, { govc, powercli });
  if (flags.govc === true) return `${govc.join('\n')}\n`;
  if (flags.powercli === true) return `${powercli.join('\n')}\n`;
  return table(cli, plan, govc);
}
