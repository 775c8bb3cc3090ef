import { Command } from 'commander';
import type { Cli } from '../context.ts';

/** `ingot iso noprompt IN OUT`: Windows media that boot without "Press any key". */
export function noPromptCommand(cli: Cli): Command {
  return new Command('noprompt')
    .summary('copy Windows media so that they boot without “Press any key”')
    .description(
      'Copies the ISO file of a Windows and points its EFI boot entry at the boot image that asks for no key, which is ' +
        'on the same media. Nothing else differs; IN stays as it is. A build does this by itself while it uploads.',
    )
    .argument('<in>', 'the ISO file as it was downloaded')
    .argument('<out>', 'the ISO file to write')
    .option('--force', 'replace OUT if it is there')
    .action((from: string, to: string, flags: { readonly force?: boolean }) =>
      copy(cli, from, to, flags.force === true),
    );
}

async function copy(cli: Cli, from: string, to: string, force: boolean): Promise<void> {
  const { copyWithoutPrompt } = await import('../../iso/no-prompt-copy.ts');
  const result = await copyWithoutPrompt(from, to, { force, signal: cli.interrupts.signal });
  cli.stderr.write(
    result.patched
      ? `${to}: boots under EFI without a key; the boot entry names sector ${result.toRba} instead of ${result.fromRba}\n`
      : `${to}: an equal copy, as ${from} asks for no key under EFI\n`,
  );
}
