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
  const reruns = new Set<string>();
  return graph.steps.map((step) => {
    const fingerprint = prints.get(step.id) ?? '';
    const entry = decide(graph, step, config, fingerprint, records.get(step.id), reruns);
    if (entry.state === 'run' && step.recorded) reruns.add(step.id);
    return { step, title: step.title(config), fingerprint, ...entry };
  });
}

/** Whether a record stands for a step, and why (not). `reruns` holds the recorded steps that run again in this build. */
export function decide<C, E>(
  graph: Graph<C, E>,
  step: Step<C, E>,
  config: C,
  fingerprint: string,
  record: StepRecord | undefined,
  reruns: ReadonlySet<string>,
): { readonly state: 'cached' | 'run' | 'skipped'; readonly why: string } {
  const applies = step.applies(config);
  if (applies !== true) return { state: 'skipped', why: applies };
  if (!step.recorded) return { state: 'run', why: 'looked up anew in each build' };
  if (record === undefined) return { state: 'run', why: 'not built yet' };
  if (record.fingerprint !== fingerprint)
    return { state: 'run', why: 'its inputs, or those of a step before it, changed' };
  const behind = graph.applicable(step, config).find((before) => reruns.has(before.id));
  if (behind !== undefined) return { state: 'run', why: `${behind.id} runs again` };
  if (!step.output.safeParse(record.output).success) {
    return { state: 'run', why: 'its record was written by another version of ingot' };
  }
  return { state: 'cached', why: `finished ${record.finishedAt}` };
}

async function settle(prints: ReadonlyMap<string, Promise<string>>): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all([...prints].map(async ([id, print]) => [id, await print] as const)));
}
