import type { Reporter, ReporterOptions, TerminalOptions } from './reporter.ts';

export const reporterNames = ['terminal', 'plain', 'json'] as const;
export type ReporterName = (typeof reporterNames)[number];

/**
 * The reporter for an output: what was asked for, otherwise `terminal` on a terminal and `plain` in CI and in pipes.
 * The tree needs a cursor to move, so without a terminal (or on a dumb one) `terminal` is `plain`.
 */
export function chooseReporter(
  asked: ReporterName | undefined,
  { output, env }: Pick<ReporterOptions, 'output' | 'env'>,
): ReporterName {
  if (asked === 'json' || asked === 'plain') return asked;
  if (output.isTTY !== true || env.TERM === 'dumb') return 'plain';
  return asked ?? (inCi(env) ? 'plain' : 'terminal');
}

/** Loads and makes a reporter; only the one in use is ever loaded. */
export async function createReporter(name: ReporterName, options: TerminalOptions): Promise<Reporter> {
  switch (name) {
    case 'terminal':
      return (await import('./terminal.ts')).terminalReporter(options);
    case 'plain':
      return (await import('./plain.ts')).plainReporter(options);
    case 'json':
      return (await import('./json.ts')).jsonReporter(options);
  }
}

function inCi(env: ReporterOptions['env']): boolean {
  return !['', '0', 'false', undefined].includes(env.CI?.toLowerCase());
}
