import type { z } from 'zod';
import type { Json } from '../../common/json.ts';
import type { RunOptions, ScriptParameters } from '../../guest/index.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import type { RestartWish } from './restarts.ts';

export interface StepScriptOptions {
  /** Milliseconds; default `timeouts.script`. */
  readonly timeoutMs?: number;
  /** Only a report of what is there and what a run would change (`-Test`). */
  readonly test?: boolean;
  /** Never shown; parameters named password, token, secret, … never are. */
  readonly secrets?: readonly string[];
}

type ScriptContext = Pick<BuildEnv, 'guest'> &
  Pick<StepTools<Image, Json>, 'config' | 'signal' | 'progress' | 'log'> &
  RestartWish;

/** Runs one of ingot's scripts in the guest on behalf of a step: its progress and log become the step's. */
export async function script<Output>(
  context: ScriptContext,
  name: string,
  parameters: ScriptParameters,
  output: z.ZodType<Output>,
  options: StepScriptOptions = {},
): Promise<Output> {
  const guest = await context.guest(context.signal);
  const result = await guest.run(`${name}.ps1`, parameters, runOptions(context, output, options));
  return noted(context, name, result, options);
}

/**
 * The same as a scheduled task of SYSTEM, which outlives the session (see runJob): for what Windows refuses to network
 * logons, and for what may last longer than a connection or an ingot.
 */
export async function scriptAsSystem<Output>(
  context: ScriptContext,
  name: string,
  parameters: ScriptParameters,
  output: z.ZodType<Output>,
  options: StepScriptOptions & {
    /** Jobs of one name exclude each other. Left out: the script's own. */
    readonly job?: string;
  } = {},
): Promise<Output> {
  const guest = await context.guest(context.signal);
  const { runJob } = await import('../../guest/job.ts');
  const job = { name: options.job ?? name, script: `${name}.ps1`, parameters };
  return noted(context, name, await runJob(guest, job, runOptions(context, output, options)), options);
}

function runOptions<Output>(
  context: ScriptContext,
  output: z.ZodType<Output>,
  { timeoutMs = context.config.timeouts.script, test = false, secrets = [] }: StepScriptOptions,
): RunOptions<Output> {
  return {
    output,
    timeoutMs,
    test,
    secrets,
    signal: context.signal,
    onProgress: ({ message, done, total }) => context.progress({ message, done, total, unit: 'items' }),
    onLog: context.log,
  };
}

/** A script may say by itself that Windows has to restart for what it did. */
function noted<Output>(context: RestartWish, name: string, result: Output, { test }: StepScriptOptions): Output {
  if (!test && result !== null && typeof result === 'object' && 'rebootRequired' in result && result.rebootRequired)
    context.wantRestart?.(`${name}.ps1 says so`);
  return result;
}

/** What a step names in `files` for scripts of ours: their bytes, and those of what they dot-source, enter the fingerprint. */
export const scriptFiles = (...names: readonly string[]): readonly string[] => names.map((name) => `${name}.ps1`);
