import { Command } from 'commander';
import type { Cli } from '../context.ts';
import { inspectCommand } from './inspect.ts';
import { noPromptCommand } from './noprompt.ts';
import { packCommand } from './pack.ts';

/** `ingot iso`: what builds do with disc images, by hand. */
export function isoCommand(cli: Cli): Command {
  const group = new Command('iso')
    .summary('look into disc images, and write them')
    .description('Looks into disc images, and writes them.')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(ingot iso --help lists its commands)');
  for (const command of [inspectCommand, packCommand, noPromptCommand]) {
    group.addCommand(command(cli));
  }
  return group;
}
