import type { z } from 'zod';
import type { Json } from '../common/json.ts';

/** What a step tells while it runs. `done` and `total` are in `unit`; a reporter may drop any of it. */
export interface Progress {
  readonly message: string;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  readonly unit?: 'bytes' | 'percent' | 'items' | undefined;
}

/** What the engine hands to a step next to the environment that all steps share. */
export interface StepTools<Config, Inputs> {
  readonly config: Config;
  readonly inputs: Inputs;
  /** The fingerprint of this step in this plan. */
  readonly fingerprint: string;
  /** Aborted on interrupt, on the failure of another step and on the step's own deadline. */
  readonly signal: AbortSignal;
  /** Milliseconds that the step may take in all. */
  readonly timeoutMs: number;
  progress(progress: Progress | string): void;
  log(message: string): void;
  warn(message: string): void;
}

export type OutputOf<S> = S extends { readonly output: z.ZodType<infer O> } ? O : never;
export type Outputs<Needs> = { readonly [K in keyof Needs]: OutputOf<Needs[K]> };

/**
 * A step as the engine sees it: what it needs, what it depends on, how to run it and how to prove that it worked.
 * `Env` is the environment that all steps of one graph share (connections, names); the engine never looks into it.
 */
export interface Step<Config, Env, Output = unknown> {
  readonly id: string;
  readonly version: number;
  readonly output: z.ZodType<Output>;
  readonly needs: Readonly<Record<string, Step<Config, Env>>>;
  readonly after: readonly Step<Config, Env>[];
  readonly files: readonly string[];
  readonly recorded: boolean;
  readonly retryable: boolean;
  title(config: Config): string;
  applies(config: Config): true | string;
  inputs(config: Config, env: Env): Promise<Json>;
  timeoutMs(config: Config): number;
  preview(config: Config, env: Env, signal: AbortSignal): Promise<readonly string[]>;
  run(context: Env & StepTools<Config, Json> & { readonly needs: Readonly<Record<string, unknown>> }): Promise<Output>;
  verify(
    context: Env & StepTools<Config, Json> & { readonly needs: Readonly<Record<string, unknown>> },
    output: Output,
  ): Promise<readonly string[]>;
}

/** What a step's author writes. See CONTRIBUTING.md for a worked example. */
export interface StepDefinition<Config, Env, Needs, Inputs, Output> {
  /** Unique in the graph, kebab case. */
  readonly id: string;
  readonly title: string | ((config: Config) => string);
  /** Raise it when the same inputs shall give another result: it enters the fingerprint. Default 1. */
  readonly version?: number;
  /** Steps whose outputs this one uses; their fingerprints enter its own. */
  readonly needs?: Needs;
  /** Steps that only have to be over before. */
  readonly after?: readonly Step<Config, Env>[];
  /** `true`, or the reason why the step is left out for this configuration. */
  readonly applies?: (config: Config) => true | string;
  /** All that can change the result, as plain JSON. A secret enters as a keyed digest only. */
  readonly inputs?: (config: Config, env: Env) => Inputs | Promise<Inputs>;
  /** Files (scripts) whose bytes enter the fingerprint; resolved by the plan's `digestOf`. */
  readonly files?: readonly string[];
  readonly output: z.ZodType<Output>;
  /** Whether a finished run is kept in the record store and taken from there while the fingerprint holds. Default true. */
  readonly recorded?: boolean;
  /** Whether a failure that says `retryable` makes the engine run the step again. Default false. */
  readonly retryable?: boolean;
  /** Milliseconds. */
  readonly timeout: number | ((config: Config) => number);
  /** What a plan tells of the step beside whether it runs: one line a fact. Changes nothing. */
  readonly preview?: (config: Config, env: Env, signal: AbortSignal) => Promise<readonly string[]>;
  /** Does the work. Idempotent: run twice, or killed half way and run again, the end is the same. */
  run(context: Env & StepTools<Config, Inputs> & { readonly needs: Outputs<Needs> }): Promise<Output>;
  /** Proof, read back from the machine and not from `run`: one line for each thing proved; throws what it does not find. */
  verify?(
    context: Env & StepTools<Config, Inputs> & { readonly needs: Outputs<Needs> },
    output: Output,
  ): Promise<readonly string[]>;
}

type AnyNeeds<Config, Env> = Readonly<Record<string, Step<Config, Env>>>;
type NoNeeds = Readonly<Record<never, never>>;

/**
 * `defineStep` for one kind of configuration and environment. The engine works on the erased `Step`; this is the one
 * place where the author's types meet it.
 */
export function stepsFor<Config, Env>() {
  return function defineStep<
    Output,
    Needs extends AnyNeeds<Config, Env> = NoNeeds,
    Inputs extends Json = Record<string, never>,
  >(definition: StepDefinition<Config, Env, Needs, Inputs, Output>): Step<Config, Env, Output> {
    const { title, timeout } = definition;
    return {
      id: definition.id,
      version: definition.version ?? 1,
      output: definition.output,
      needs: definition.needs ?? {},
      after: definition.after ?? [],
      files: definition.files ?? [],
      recorded: definition.recorded ?? true,
      retryable: definition.retryable ?? false,
      title: (config) => (typeof title === 'function' ? title(config) : title),
      applies: (config) => definition.applies?.(config) ?? true,
      inputs: async (config, env) => (await definition.inputs?.(config, env)) ?? {},
      timeoutMs: (config) => (typeof timeout === 'function' ? timeout(config) : timeout),
      preview: async (config, env, signal) => (await definition.preview?.(config, env, signal)) ?? [],
      // Erased here and only here: the engine builds the context from this very definition, `needs` by its keys and
      // `inputs` by its function, and hands `verify` what `output` parsed.
      run: definition.run,
      verify: definition.verify ?? (async () => []),
    };
  };
}
