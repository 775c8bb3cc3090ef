import type { Scenario } from '../lab/scenario.ts';
import type { Cli } from './context.ts';

export type LabSpeed = 'instant' | 'demo';
export const labSpeeds: readonly LabSpeed[] = ['instant', 'demo'];

/** Where a command works: a lab of its own, or what the environment says. */
export interface LabSession {
  /** The environment that the image file's variables and secrets come from. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends the lab, if there is one. */
  stop(): Promise<void>;
}

interface LabFlags {
  readonly lab?: boolean | undefined;
  readonly labSpeed?: LabSpeed | undefined;
  readonly labScenario?: string | undefined;
}

/** Works in a lab of its own if the flags ask for one, which is gone afterwards, and else where the environment says. */
export async function inSession(
  cli: Cli,
  flags: LabFlags,
  work: (session: LabSession) => Promise<void>,
): Promise<void> {
  const session = await labSession(cli, flags);
  try {
    await work(session);
  } finally {
    await session.stop();
  }
}

/** Lays the lab's environment over the process's own, as a shell would: nothing else tells it from a vCenter. */
async function labSession(cli: Cli, { lab, labSpeed, labScenario }: LabFlags): Promise<LabSession> {
  if (lab !== true) return { env: cli.env, stop: async () => undefined };
  const [{ startLab }, scenario] = await Promise.all([import('../lab/client.ts'), scenarioOf(labScenario)]);
  const started = await startLab({
    speed: labSpeed ?? 'instant',
    scenario,
    signal: cli.interrupts.signal,
    onLog: debugLog(cli),
    onProgress: labProgress(cli),
  });
  return { env: { ...cli.env, ...started.env }, stop: () => started.stop() };
}

/** What goes wrong in the lab; nothing unless a file (or the JSON itself) says so. */
export async function scenarioOf(source: string | undefined): Promise<Scenario> {
  if (source === undefined) return {};
  const { readScenario } = await import('../lab/scenario.ts');
  return readScenario(source);
}

/** What the lab does that takes long: building vcsim, the first time. */
export function labProgress(cli: Cli): (message: string) => void {
  return (message) => void cli.stderr.write(`lab: ${message} …\n`);
}

/** The lab's own log: only for who looks for a defect. */
export function debugLog(cli: Cli): (line: string) => void {
  return cli.env.INGOT_DEBUG === undefined ? () => undefined : (line) => void cli.stderr.write(`lab: ${line}\n`);
}
