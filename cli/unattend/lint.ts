import { Command, Option } from 'commander';
import { styleFor, wantsColor } from '../../reporters/style.ts';
import { count } from '../../reporters/text.ts';
import type { LintContext } from '../../unattend/lint.ts';
import type { Cli } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { FileFinding } from './findings.ts';

interface LintFlags {
  readonly json?: boolean;
  readonly firmware?: LintContext['firmware'];
  readonly windows?: string;
  readonly edition?: string;
  readonly for?: LintContext['use'];
}

/** `ingot unattend lint FILE…`: all findings of all answer files at once. */
export function lintCommand(cli: Cli): Command {
  return new Command('lint')
    .summary('check answer files of Windows Setup or Sysprep')
    .description(
      'Checks any answer files of Windows Setup or Sysprep, and shows all findings of all files, each with its place and ' +
        'what to do. Exit code 2 if one of them is an error. docs/lint.md explains each code.',
    )
    .argument('<file...>', 'the answer files (XML)')
    .option('--json', 'print one JSON array instead of lines')
    .addOption(new Option('--firmware <firmware>', 'firmware of the machine').choices(['efi', 'bios']))
    .addOption(
      new Option('--windows <version>', 'the Windows Server that is installed').choices([
        '2016',
        '2019',
        '20H2',
        '2022',
        '2025',
      ]),
    )
    .addOption(new Option('--edition <edition>', 'its edition').choices(['Standard', 'Datacenter']))
    .addOption(
      new Option('--for <reader>', 'who reads the files; left out: what they look like').choices([
        'install',
        'sysprep',
      ]),
    )
    .action((files: string[], flags: LintFlags) => lint(cli, files, flags));
}

async function lint(cli: Cli, files: readonly string[], flags: LintFlags): Promise<void> {
  const { findingsOf } = await import('./findings.ts');
  const context: LintContext = {
    firmware: flags.firmware,
    version: flags.windows,
    edition: flags.edition,
    use: flags.for,
  };
  const findings = (await Promise.all(files.map((file) => findingsOf(file, context)))).flat();
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) cli.exitCode = exitCodes.usage;
  if (flags.json === true) {
    cli.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    return;
  }
  for (const finding of findings) cli.stdout.write(`${line(cli, finding)}\n`);
  const found = [count(errors, 'error'), count(findings.length - errors, 'warning')];
  cli.stderr.write(`${count(files.length, 'answer file')} checked: ${found.join(', ')}.\n`);
}

/** `FILE:LINE:COLUMN code: message; remedy`. */
function line(cli: Cli, { file, line: row, column, severity, code, message, remedy }: FileFinding): string {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const paint = severity === 'error' ? style.red : style.yellow;
  const warning = severity === 'warning' ? ' warning:' : '';
  const place = style.bold(`${printable(file)}:${row}:${column}`);
  return `${place} ${paint(`${code}:${warning}`)} ${printable(message)}; ${printable(remedy)}`;
}

/** Text without what a terminal acts on, or what hides what is there: the file may hold anything. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
