import type { z } from 'zod';
import type { Json } from '../../common/json.ts';
import type { ScriptParameters } from '../../guest/index.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';

export interface StepScriptOptions {
  /** Milliseconds; default `timeouts.script`. */
  readonly timeoutMs?: number;
  /** Only a report of what is there and what a run would change (`-Test`). */
  readonly test?: boolean;
}

/** Runs one of ingot's scripts in the guest on behalf of a step: its progress and log become the step's. */
export async function script<Output>(
  context: Pick<BuildEnv, 'guest'> & Pick<StepTools<Image, Json>, 'config' | 'signal' | 'progress' | 'log'>,
  name: string,
  parameters: ScriptParameters,
  output: z.ZodType<Output>,
  { timeoutMs = context.config.timeouts.script, test = false }: StepScriptOptions = {},
): Promise<Output> {
  const guest = await context.guest(context.signal);
  return guest.run(`${name}.ps1`, parameters, {
    output,
    timeoutMs,
    test,
    signal: context.signal,
    onProgress: ({ message, done, total }) => context.progress({ message, done, total, unit: 'items' }),
    onLog: context.log,
  });
}

/** What a step names in `files` for scripts of ours: their bytes, and those of what they dot-source, enter the fingerprint. */
export const scriptFiles = (...names: readonly string[]): readonly string[] => names.map((name) => `${name}.ps1`);
