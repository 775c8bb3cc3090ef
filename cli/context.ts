import type { Redactor } from '../common/redactor.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';

/** What every command works with. */
export interface Cli {
  /** The command line behind `ingot`, as it was typed. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly redactor: Redactor;
  readonly interrupts: Interrupts;
  /** How the process will end; a command sets it. */
  exitCode: ExitCode;
}
