import { Command } from 'commander';
import { buildCommand } from './build.ts';
import type { Cli } from './context.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { isoCommand } from './iso/index.ts';
import { labCommand } from './lab.ts';
import { planCommand } from './plan.ts';
import { schemaCommand } from './schema.ts';
import { validateCommand } from './validate.ts';
import { version } from './version.ts';

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

/** The command line: flags and help texts; each command loads what it needs when it runs. */
export function program(cli: Cli): Command {
  const root = new Command('ingot')
    .description('Builds Windows Server templates on vCenter, from the ISO to the sealed and proven template.')
    .version(version(), '--version', 'print the version')
    .addHelpText('after', examples)
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(ingot --help lists commands and flags)');
  for (const command of [buildCommand, planCommand, validateCommand, schemaCommand, isoCommand, labCommand]) {
    root.addCommand(command(cli));
  }
  for (const command of [root, ...root.commands]) {
    command.exitOverride().helpOption('-h, --help', 'print this help');
  }
  return root;
}
