import type { Failure } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import { Redactor } from '../common/redactor.ts';
import type { BuildStatus, EventBody, Listener, SummaryLine } from './events.ts';
import { defaultRetry, execute, type RetryPolicy } from './execute.ts';
import { toFailure } from './failures.ts';
import { type DigestOf, fingerprints } from './fingerprint.ts';
import { Graph } from './graph.ts';
import { type Decision, decide } from './plan.ts';
import type { RecordStore, StepRecord } from './records.ts';
import type { Step } from './step.ts';

export interface RunOptions {
  /** The build's id and the name of what it builds, for events. */
  readonly build: string;
  readonly name: string;
  readonly store: RecordStore;
  readonly digestOf: DigestOf;
  readonly listeners: readonly Listener[];
  /** Abort it to interrupt the build cleanly. */
  readonly signal: AbortSignal;
  /** Aborted when the build can no longer be whole, with the failure as its reason. */
  readonly broken?: AbortSignal;
  readonly redactor?: Redactor;
  readonly retry?: RetryPolicy;
  /** Called once at the end, whatever the end, with the failure of a failed build; its own makes a finished one failed. */
  readonly close?: (status: BuildStatus, outputs: Outputs, failure: Failure | undefined) => Promise<Closing>;
}

export type Outputs = ReadonlyMap<string, unknown>;
export interface Closing {
  readonly summary: readonly SummaryLine[];
  readonly left: readonly string[];
}

export interface BuildResult {
  readonly status: BuildStatus;
  readonly failure?: Failure | undefined;
  readonly outputs: Outputs;
}

/**
 * Runs all steps that are not there yet, each as soon as what it needs is over; independent ones overlap. The first
 * failure stops the others. Never rejects: the end is data, and the same is told as events.
 */
export async function run<C, E>(
  steps: readonly Step<C, E>[],
  config: C,
  env: E,
  options: RunOptions,
): Promise<BuildResult> {
  const started = Date.now();
  const redactor = options.redactor ?? new Redactor();
  const emit = (body: EventBody) => {
    const event = redactor.value({ ...body, at: new Date().toISOString(), build: options.build });
    for (const listener of options.listeners) {
      try {
        listener(event);
      } catch {
        // What a listener throws is its own concern: a full disk under the journal must not break the build.
      }
    }
  };
  const graph = new Graph(steps);
  const state = new State(graph, config, env, options, emit);
  emit({
    type: 'build-started',
    name: options.name,
    steps: graph.steps.map((step) => ({
      id: step.id,
      title: step.title(config),
      needs: graph.predecessors(step).map((before) => before.id),
    })),
  });

  await Promise.all(graph.steps.map((step) => state.settle(step)));

  const { broken } = options;
  let failure = broken?.aborted === true ? toFailure(broken.reason) : state.failure;
  let status: BuildStatus = failure !== undefined ? 'failed' : options.signal.aborted ? 'interrupted' : 'done';
  let closing: Closing = { summary: [], left: [] };
  try {
    await options.store.flush();
    closing = (await options.close?.(status, state.outputs, failure && redactor.value(failure))) ?? closing;
  } catch (error) {
    failure ??= toFailure(error);
    if (status === 'done') status = 'failed';
  }
  emit({ type: 'build-finished', status, ms: Date.now() - started, failure, ...closing });
  return { status, failure: failure && redactor.value(failure), outputs: state.outputs };
}

/** One build in flight: which steps are over, and how. */
class State<C, E> {
  readonly outputs = new Map<string, unknown>();
  failure: Failure | undefined;
  readonly #graph: Graph<C, E>;
  readonly #config: C;
  readonly #env: E;
  readonly #options: RunOptions;
  readonly #emit: (event: EventBody) => void;
  readonly #settled = new Map<string, Promise<boolean>>();
  readonly #reruns = new Map<string, Decision>();
  readonly #skipped = new Set<string>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #prints: ReadonlyMap<string, Promise<string>>;
  #records: Promise<ReadonlyMap<string, StepRecord>> | undefined;

  constructor(graph: Graph<C, E>, config: C, env: E, options: RunOptions, emit: (event: EventBody) => void) {
    this.#graph = graph;
    this.#config = config;
    this.#env = env;
    this.#options = options;
    this.#emit = emit;
    const outside = options.broken === undefined ? [options.signal] : [options.signal, options.broken];
    this.#signal = AbortSignal.any([...outside, this.#stop.signal]);
    this.#prints = fingerprints(graph, config, env, options.digestOf);
  }

  /** Resolves when the step is over; true when those behind it may start. */
  settle(step: Step<C, E>): Promise<boolean> {
    const known = this.#settled.get(step.id);
    if (known !== undefined) return known;
    const promise = this.#advance(step).catch((error) => this.#fail(step, toFailure(error), 0));
    this.#settled.set(step.id, promise);
    return promise;
  }

  async #advance(step: Step<C, E>): Promise<boolean> {
    const before = await Promise.all(this.#graph.predecessors(step).map((s) => this.settle(s)));
    if (before.includes(false) || this.#signal.aborted) return false;
    const applies = step.applies(this.#config);
    const missing = Object.values(step.needs).find((need) => this.#skipped.has(need.id));
    if (applies !== true || missing !== undefined) {
      this.#skipped.add(step.id);
      const reason = applies === true ? `needs ${missing?.id}, which is left out` : applies;
      this.#emit({ type: 'step-skipped', step: step.id, reason });
      return true;
    }
    const fingerprint = (await this.#prints.get(step.id)) ?? '';
    if (step.recorded) {
      const record = (await this.#load(step.id)).get(step.id);
      const decision = decide(this.#graph, step, this.#config, fingerprint, record, this.#reruns);
      if (record !== undefined && decision.state === 'cached') {
        const { proof, finishedAt } = record;
        this.outputs.set(step.id, step.output.parse(record.output));
        this.#emit({ type: 'step-cached', step: step.id, fingerprint, proof, finishedAt });
        return true;
      }
      this.#reruns.set(step.id, decision);
    }
    return this.#run(step, fingerprint);
  }

  async #run(step: Step<C, E>, fingerprint: string): Promise<boolean> {
    const started = Date.now();
    const needs = Object.fromEntries(Object.entries(step.needs).map(([key, s]) => [key, this.outputs.get(s.id)]));
    const outcome = await execute({
      step,
      config: this.#config,
      env: this.#env,
      fingerprint,
      needs,
      signal: this.#signal,
      retry: this.#options.retry ?? defaultRetry,
      emit: this.#emit,
    });
    const ms = Date.now() - started;
    if (outcome.kind === 'failed') return this.#fail(step, outcome.failure, ms);
    if (outcome.kind === 'cancelled') {
      this.#emit({ type: 'step-cancelled', step: step.id, ms });
      return false;
    }
    const output = outcome.output as Json; // what the step's schema let through: plain JSON by contract
    const { proof } = outcome;
    this.outputs.set(step.id, output);
    if (step.recorded) {
      const finishedAt = new Date().toISOString();
      const record: StepRecord = { step: step.id, fingerprint, output, proof, finishedAt };
      // A record outlives the build and is read by others: no secret that a step's output may repeat.
      this.#options.store.save(this.#options.redactor?.value(record) ?? record);
    }
    this.#emit({ type: 'step-finished', step: step.id, fingerprint, ms, proof, output });
    return true;
  }

  #fail(step: Step<C, E>, failure: Failure, ms: number): boolean {
    this.#emit({ type: 'step-failed', step: step.id, ms, failure });
    this.failure ??= failure;
    this.#stop.abort(new DOMException(`step ${step.id} failed`, 'AbortError'));
    return false;
  }

  /** The records are read once, and only when a recorded step is about to start. */
  #load(step: string): Promise<ReadonlyMap<string, StepRecord>> {
    this.#records ??= (async () => {
      const prints = await Promise.all([...this.#prints].map(async ([id, print]) => [id, await print] as const));
      const { store } = this.#options;
      const records = await store.load(new Map(prints), this.#signal);
      await store.adopt?.(this.#signal, (message) => this.#emit({ type: 'step-log', step, message }));
      return records;
    })();
    return this.#records;
  }
}
