import { Command } from 'commander';
import type { Cli } from '../context.ts';

/** The commands by name; each is loaded when it is asked for, or for the list of all. */
const commands: readonly ((cli: Cli) => Promise<Command>)[] = [
  async (cli) => (await import('./secret.ts')).secretCommand(cli),
  async (cli) => (await import('./dns.ts')).dnsCommand(cli),
  async (cli) => (await import('./machineset.ts')).machinesetCommand(cli),
  async (cli) => (await import('./tkg.ts')).tkgCommand(cli),
  async (cli) => (await import('./tkr.ts')).tkrCommand(cli),
];

/** `ingot handover`: what the consumers of a template need. */
export async function handoverCommand(cli: Cli): Promise<Command> {
  const group = new Command('handover')
    .summary('print what OpenShift and Tanzu need to use a template')
    .description(
      'Prints what OpenShift and Tanzu need to use the template of an image file, checked against the vCenter that has it. ' +
        'Manifests go to standard output, for kubectl apply -f -; changes nothing.',
    )
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(ingot handover --help lists its commands)');
  for (const command of commands) {
    group.addCommand(await command(cli));
  }
  return group;
}
