import { Command } from 'commander';
import type { Cli } from '../context.ts';
import { lintCommand } from './lint.ts';
import { showCommand } from './show.ts';

/** `ingot unattend`: the answer files of Windows Setup and Sysprep. */
export function unattendCommand(cli: Cli): Command {
  const group = new Command('unattend')
    .summary('show the answer files of a build, and check any')
    .description('Shows the answer files of a build, and checks any.')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(ingot unattend --help lists its commands)');
  for (const command of [showCommand, lintCommand]) {
    group.addCommand(command(cli));
  }
  return group;
}
