import { Command } from 'commander';
import { version } from '../common/version.ts';
import type { Cli } from './context.ts';
import { exitCodesHelp } from './exit-codes.ts';

const examples = `
Examples:
  ingot build images/windows-server-20h2.yaml --lab
  ingot validate images/*.yaml
  ingot plan images/windows-server-20h2.yaml --var vcenter=vc.example.com

Environment:
  INGOT_VAR_<name>        value of a variable of the image file, below --var
  INGOT_VCSIM             path of vcsim, for the lab
  INGOT_DEBUG=1           show where an unexpected error came from
  NO_COLOR, FORCE_COLOR   never, or always, use colours

${exitCodesHelp}`;

/** The commands by name, in the order of the help text. */
const commands: Readonly<Record<string, (cli: Cli) => Promise<Command>>> = {
  build: async (cli) => (await import('./build.ts')).buildCommand(cli),
  plan: async (cli) => (await import('./plan.ts')).planCommand(cli),
  preflight: async (cli) => (await import('./preflight.ts')).preflightCommand(cli),
  validate: async (cli) => (await import('./validate.ts')).validateCommand(cli),
  schema: async (cli) => (await import('./schema.ts')).schemaCommand(cli),
  iso: async (cli) => (await import('./iso/index.ts')).isoCommand(cli),
  unattend: async (cli) => (await import('./unattend/index.ts')).unattendCommand(cli),
  handover: async (cli) => (await import('./handover/index.ts')).handoverCommand(cli),
  prepare: async (cli) => (await import('./prepare.ts')).prepareCommand(cli),
  privileges: async (cli) => (await import('./privileges.ts')).privilegesCommand(cli),
  prune: async (cli) => (await import('./prune.ts')).pruneCommand(cli),
  lab: async (cli) => (await import('./lab.ts')).labCommand(cli),
};

/**
 * The command line: flags and help texts. Only the command that stands first is loaded, and all of them when none does;
 * each loads what it needs when it runs.
 */
export async function program(cli: Cli): Promise<Command> {
  const root = new Command('ingot')
    .description('Builds Windows Server templates on vCenter, from the ISO to the sealed and proven template.')
    .version(version(), '--version', 'print the version')
    .addHelpText('after', examples)
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(ingot --help lists commands and flags)');
  const [first = ''] = cli.argv;
  const named = Object.hasOwn(commands, first) ? [commands[first]] : Object.values(commands);
  for (const command of named) if (command !== undefined) root.addCommand(await command(cli));
  const { stdout, stderr } = cli;
  const output = {
    writeOut: (text: string) => void stdout.write(text),
    writeErr: (text: string) => void stderr.write(text),
  };
  for (const command of withAllBelow(root)) {
    command.exitOverride().helpOption('-h, --help', 'print this help').configureOutput(output);
  }
  return root;
}

function withAllBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withAllBelow)];
}
