import { Command } from 'commander';
import { count } from '../reporters/text.ts';
import type { Cli } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { collectVariable, type Variables, variablesOf } from './variables.ts';

/** `ingot validate FILE…`: all problems of all files at once. */
export function validateCommand(cli: Cli): Command {
  return new Command('validate')
    .summary('check image files, and show all their problems')
    .description('Checks image files without asking vCenter, and shows all problems of all files, each with its place.')
    .argument('<file...>', 'the image files')
    .option('--var <name=value>', 'value of a variable of the image files; repeat it for more', collectVariable)
    .action((files: string[], flags: { readonly var?: Variables }) => validate(cli, files, flags.var ?? {}));
}

async function validate(cli: Cli, files: readonly string[], vars: Variables): Promise<void> {
  const { formatProblem, loadImages } = await import('../image/index.ts');
  const loaded = await loadImages(files, {
    vars,
    optionalVars: variablesOf(cli.env),
    env: cli.env,
    redactor: cli.redactor,
  });
  const problems = loaded.flatMap((each) => each.problems);
  for (const problem of problems) cli.stdout.write(`${formatProblem(problem)}\n`);
  const wrong = loaded.filter(({ image }) => image === undefined).length;
  if (wrong === 0) {
    cli.stderr.write(`${count(files.length, 'image file')} checked, all can be built.\n`);
  } else {
    cli.stderr.write(
      `${count(problems.length, 'problem')}; ${wrong} of ${count(files.length, 'image file')} cannot be built.\n`,
    );
    cli.exitCode = exitCodes.usage;
  }
}
