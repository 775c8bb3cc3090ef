import type { Listener } from '../pipeline/events.ts';

/** Where a reporter writes: process.stdout, or anything in a test. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width and height in characters; absent without a terminal, 0 where it does not know its size. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface ReporterOptions {
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command that continues this build. */
  readonly resume: string;
  /** Path of the journal, named when something went wrong. */
  readonly journal: string;
}

/** The tree moves the cursor, so it needs a whole terminal stream. */
export interface TerminalOptions extends ReporterOptions {
  readonly output: NodeJS.WriteStream;
}

/** Shows a build while it runs. It listens, and has no way to influence what it listens to. */
export interface Reporter {
  readonly listener: Listener;
  /** The build was asked to stop and is about to: says so at once. */
  stopping(): void;
  /** Resolves when all is written. Call it once, behind the last event. */
  close(): Promise<void>;
}
