import type { Reporter, ReporterOptions } from './reporter.ts';

/** Each event as one JSON line, and nothing else. */
export function jsonReporter({ output }: Pick<ReporterOptions, 'output'>): Reporter {
  return {
    listener: (event) => void output.write(`${JSON.stringify(event)}\n`),
    stopping: () => undefined,
    close: async () => undefined,
  };
}
