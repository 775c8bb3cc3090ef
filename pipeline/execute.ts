import { setTimeout as pause } from 'node:timers/promises';
import { type Failure, IngotError } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import type { EventBody } from './events.ts';
import { isAbort, toFailure } from './failures.ts';
import type { Progress, Step } from './step.ts';
import { orAborted } from './wait.ts';

/** How often a retryable step is run in all, and the pause before each further try: 200 ms, doubled, at most 5 s. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maximumDelayMs: number;
}
export const defaultRetry: RetryPolicy = { attempts: 4, firstDelayMs: 200, maximumDelayMs: 5_000 };

/** How long an aborted step may take to let go of what it holds before the engine goes on without it. */
const graceMs = 10_000;

export interface Execution<C, E> {
  readonly step: Step<C, E>;
  readonly config: C;
  readonly env: E;
  readonly fingerprint: string;
  readonly needs: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly retry: RetryPolicy;
  emit(event: EventBody): void;
}

export type Outcome =
  | { readonly kind: 'finished'; readonly output: unknown; readonly proof: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'cancelled' };

/** Runs one step to its end: deadline, retries, output by schema, proof. Never rejects. */
export async function execute<C, E>(execution: Execution<C, E>): Promise<Outcome> {
  const { step, config, retry, signal, emit } = execution;
  const inputs = await step.inputs(config, execution.env);
  for (let attempt = 1; ; attempt++) {
    emit({ type: 'step-started', step: step.id, title: step.title(config), attempt });
    const outcome = await once(execution, inputs);
    if (outcome.kind !== 'failed' || !step.retryable || !outcome.failure.retryable) return outcome;
    if (attempt >= retry.attempts || signal.aborted) return outcome;
    const delayMs = Math.min(retry.firstDelayMs * 2 ** (attempt - 1), retry.maximumDelayMs);
    emit({ type: 'step-retry', step: step.id, attempt, delayMs, failure: outcome.failure });
    try {
      await pause(delayMs, undefined, { signal });
    } catch {
      return { kind: 'cancelled' };
    }
  }
}

async function once<C, E>(execution: Execution<C, E>, inputs: Json): Promise<Outcome> {
  const { step, config, signal, emit } = execution;
  const timeoutMs = step.timeoutMs(config);
  const deadline = AbortSignal.timeout(timeoutMs);
  const combined = AbortSignal.any([signal, deadline]);
  let last: string | undefined;
  const context = {
    ...execution.env,
    config,
    inputs,
    needs: execution.needs,
    fingerprint: execution.fingerprint,
    signal: combined,
    timeoutMs,
    progress: (progress: Progress | string) => {
      const full = typeof progress === 'string' ? { message: progress } : progress;
      last = full.message;
      if (!combined.aborted) emit({ type: 'step-progress', step: step.id, ...full });
    },
    log: (message: string) => emit({ type: 'step-log', step: step.id, message }),
    warn: (message: string) => emit({ type: 'warning', step: step.id, message }),
  };
  try {
    const work = async () => {
      const output = parseOutput(step, await step.run(context));
      combined.throwIfAborted();
      return { output, proof: await step.verify(context, output) };
    };
    return { kind: 'finished', ...(await orAborted(work(), combined, graceMs)) };
  } catch (error) {
    if (signal.aborted && isAbort(error, combined)) return { kind: 'cancelled' };
    if (deadline.aborted && isAbort(error, combined))
      return { kind: 'failed', failure: tooLate(step.id, timeoutMs, last) };
    return { kind: 'failed', failure: toFailure(error) };
  }
}

function parseOutput<C, E>(step: Step<C, E>, output: unknown): unknown {
  const parsed = step.output.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new IngotError('step.output', `step ${step.id} gave an output that its own schema refuses`, {
    evidence: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    remedy: 'this is a defect of the step: report it with the journal',
  });
}

function tooLate(step: string, timeoutMs: number, last: string | undefined): Failure {
  const seconds = Math.round(timeoutMs / 1000);
  return toFailure(
    new IngotError('step.timeout', `step ${step} was not over after ${seconds} s; last heard: ${last ?? 'nothing'}`, {
      remedy: 'look at the last progress and the machine; raise the step’s deadline in `timeouts` if it was only slow',
      timedOut: true,
    }),
  );
}
