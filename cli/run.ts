import { CommanderError } from 'commander';
import { Redactor } from '../common/redactor.ts';
import type { Cli } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { explain } from './explain.ts';
import { Interrupts } from './interrupts.ts';
import { program } from './program.ts';

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  const { env, stdout, stderr } = process;
  const cli: Cli = {
    argv,
    env,
    stdout,
    stderr,
    redactor: new Redactor(),
    interrupts: new Interrupts(),
    exitCode: exitCodes.done,
  };
  // Who reads along may stop reading (`ingot … | head`); the build goes on.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    process.exit(explain(cli, error));
  });
  cli.interrupts.listen();
  await runCommand(cli);
  await Promise.all([stdout, stderr].map(flushed));
  process.exit(cli.exitCode);
}

/** Runs the command line of `cli` to its end, with its exit code there. Says what fails, and never throws. */
export async function runCommand(cli: Cli): Promise<void> {
  try {
    await (await program(cli)).parseAsync(cli.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) cli.exitCode = explain(cli, error);
    else cli.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
}

/** Resolves when all that was written has left, or cannot leave any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
