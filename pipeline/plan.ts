import { type DigestOf, fingerprints } from './fingerprint.ts';
import { Graph } from './graph.ts';
import type { RecordStore, StepRecord } from './records.ts';
import type { Step } from './step.ts';

/** What would happen to one step in a build that starts now, and why. */
export interface PlanEntry<C, E> {
  readonly step: Step<C, E>;
  readonly title: string;
  readonly fingerprint: string;
  readonly state: 'cached' | 'run' | 'skipped';
  readonly why: string;
  /** What the step tells of itself before it runs. */
  readonly notes: readonly string[];
}

/**
 * Says for each step whether a build would run it. Errors of the store are the caller's: a plan without one
 * takes `memoryStore()`.
 */
export async function plan<C, E>(
  steps: readonly Step<C, E>[],
  config: C,
  env: E,
  options: { readonly store: RecordStore; readonly digestOf: DigestOf; readonly signal: AbortSignal },
): Promise<readonly PlanEntry<C, E>[]> {
  const graph = new Graph(steps);
  const prints = await settle(fingerprints(graph, config, env, options.digestOf));
  const records = await options.store.load(prints, options.signal);
  const reruns = new Map<string, Decision>();
  const notes = await previews(graph, config, env, options.signal);
  return graph.steps.map((step) => {
    const fingerprint = prints.get(step.id) ?? '';
    const decision = decide(graph, step, config, fingerprint, records.get(step.id), reruns);
    if (decision.state === 'run' && step.recorded) reruns.set(step.id, decision);
    const { state, why } = decision;
    return { step, title: step.title(config), fingerprint, state, why, notes: notes.get(step.id) ?? [] };
  });
}

async function previews<C, E>(
  { steps }: Graph<C, E>,
  config: C,
  env: E,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const applying = steps.filter((step) => step.applies(config) === true);
  return new Map(
    await Promise.all(applying.map(async (step) => [step.id, await step.preview(config, env, signal)] as const)),
  );
}

/** Recorded steps that run again in this build: because of what they are, or only because of where they stand. */
export type Reruns = ReadonlyMap<string, { readonly changed: boolean }>;

export interface Decision {
  readonly state: 'cached' | 'run' | 'skipped';
  readonly why: string;
  /** The fingerprint is another one than that of the record. */
  readonly changed: boolean;
}

/** Whether a record stands for a step, and why (not). */
export function decide<C, E>(
  graph: Graph<C, E>,
  step: Step<C, E>,
  config: C,
  fingerprint: string,
  record: StepRecord | undefined,
  reruns: Reruns,
): Decision {
  const run = (why: string, changed = false): Decision => ({ state: 'run', why, changed });
  const applies = step.applies(config);
  if (applies !== true) return { state: 'skipped', why: applies, changed: false };
  if (!step.recorded) return run('looked up anew in each build');
  if (record === undefined) return run('not built yet');
  const before = graph.applicable(step, config);
  if (record.fingerprint !== fingerprint) {
    const cause = before.find((other) => reruns.get(other.id)?.changed);
    return run(cause === undefined ? 'its inputs changed' : `${cause.id} changed`, true);
  }
  if (record.void !== undefined) return run(record.void);
  const behind = before.find((other) => reruns.has(other.id));
  if (behind !== undefined) return run(`${behind.id} runs again`);
  if (!step.output.safeParse(record.output).success) return run('its record was written by another version of ingot');
  return { state: 'cached', why: `finished ${record.finishedAt}`, changed: false };
}

async function settle(prints: ReadonlyMap<string, Promise<string>>): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all([...prints].map(async ([id, print]) => [id, await print] as const)));
}
