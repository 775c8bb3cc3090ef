import type { Cli } from '../../cli/context.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { runCommand } from '../../cli/run.ts';
import { Redactor } from '../../common/redactor.ts';
import { Screen } from '../reporters/screen.ts';
import { bareEnv, type Ended } from './ingot.ts';

/** Standard output as a pipe: keeps what is written. */
class Pipe extends Screen {
  override readonly isTTY = false;
  written = '';

  constructor() {
    super(80, 24);
  }

  override write(chunk: Uint8Array | string): boolean {
    this.written += chunk.toString();
    return true;
  }
}

/**
 * Runs `ingot` to its end in this process, from the command line to the exit code. A build takes a third of the CPU time
 * that it takes in a process of its own: all is loaded and compiled from the second one on. For tests of what ingot does,
 * not of how its process lives: relative paths start at this process's folder, and signals are not heard.
 */
export async function ingotHere(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const [stdout, stderr] = [new Pipe(), new Pipe()];
  const cli: Cli = {
    argv: args,
    env: { ...bareEnv, ...env },
    stdout,
    stderr,
    redactor: new Redactor(),
    interrupts: new Interrupts(),
    exitCode: exitCodes.done,
  };
  await runCommand(cli);
  return { code: cli.exitCode, stdout: stdout.written, stderr: stderr.written };
}
