import type { Failure } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import type { Progress } from './step.ts';

/** One line of the list that stands at the end of a build: what was made, and where. */
export interface SummaryLine {
  readonly label: string;
  readonly value: string;
}

export interface PlannedStep {
  readonly id: string;
  readonly title: string;
  readonly needs: readonly string[];
}

export type BuildStatus = 'done' | 'failed' | 'interrupted';

type Body =
  | { readonly type: 'build-started'; readonly name: string; readonly steps: readonly PlannedStep[] }
  | { readonly type: 'step-started'; readonly step: string; readonly title: string; readonly attempt: number }
  | ({ readonly type: 'step-progress'; readonly step: string } & Progress)
  | { readonly type: 'step-log'; readonly step: string; readonly message: string }
  | { readonly type: 'warning'; readonly step?: string | undefined; readonly message: string }
  | {
      readonly type: 'step-retry';
      readonly step: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly failure: Failure;
    }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly fingerprint: string;
      readonly ms: number;
      readonly proof: readonly string[];
      readonly output: Json;
    }
  | {
      readonly type: 'step-cached';
      readonly step: string;
      readonly fingerprint: string;
      readonly proof: readonly string[];
      readonly finishedAt: string;
    }
  | { readonly type: 'step-skipped'; readonly step: string; readonly reason: string }
  | { readonly type: 'step-failed'; readonly step: string; readonly ms: number; readonly failure: Failure }
  | { readonly type: 'step-cancelled'; readonly step: string; readonly ms: number }
  | {
      readonly type: 'build-finished';
      readonly status: BuildStatus;
      readonly ms: number;
      readonly failure?: Failure | undefined;
      readonly summary: readonly SummaryLine[];
      /** What an unfinished build leaves, and where: one line each. */
      readonly left: readonly string[];
    };

/** Everything that happens in a build, in the order in which it happens. `at` is ISO 8601 UTC. */
export type BuildEvent = Body & { readonly at: string; readonly build: string };
export type EventBody = Body;
export type BuildEventOf<T extends Body['type']> = Extract<BuildEvent, { readonly type: T }>;

/** Listens to events; what it throws is its own concern and never reaches the build. */
export type Listener = (event: BuildEvent) => void;
