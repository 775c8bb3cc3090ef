import assert from 'node:assert/strict';
import type { Failure } from '../../common/failure.ts';
import type { BuildEvent, BuildEventOf } from '../../pipeline/events.ts';
import type { Ended } from '../cli/ingot.ts';

/** A build that is over, as its process and its events told it. */
export interface Built extends Ended {
  readonly events: readonly BuildEvent[];
  readonly end: BuildEventOf<'build-finished'>;
  /** Ids of the steps that were run to their end, and of those taken from an earlier build, in order. */
  readonly ran: readonly string[];
  readonly cached: readonly string[];
  of<T extends BuildEvent['type']>(type: T): BuildEventOf<T>[];
  /** Lines that prove a step. */
  proof(step: string): readonly string[];
  /** Lines of the closing summary, by label. */
  summary(label: string): string | undefined;
}

/** Reads the events of `--reporter json`; each line of standard output must be one. */
export function builtFrom(ended: Ended): Built {
  const events: BuildEvent[] = ended.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const of = <T extends BuildEvent['type']>(type: T) =>
    events.filter((event): event is BuildEventOf<T> => event.type === type);
  const [end] = of('build-finished');
  assert.ok(end, `expected the event build-finished, found\n${ended.stdout}\n${ended.stderr}`);
  return {
    ...ended,
    events,
    end,
    ran: of('step-finished').map(({ step }) => step),
    cached: of('step-cached').map(({ step }) => step),
    of,
    proof: (step) => [...of('step-finished'), ...of('step-cached')].find((event) => event.step === step)?.proof ?? [],
    summary: (label) => end.summary.find((line) => line.label === label)?.value,
  };
}

export interface ExpectedFailure {
  /** The step that fails. */
  readonly step: string;
  readonly code: string;
  readonly message: RegExp;
  readonly remedy: RegExp;
  readonly evidence?: RegExp;
  /** What is left where; nothing if it is not given. */
  readonly left?: readonly RegExp[];
  /** 1 if it is not given. */
  readonly exit?: number;
}

/** Holds the end of a failed build to what a person should learn from it. */
export function assertFailed(built: Built, expected: ExpectedFailure): Failure {
  const { end, code } = built;
  const { failure } = end;
  assert.ok(failure, `expected a failure, found the build ${end.status}`);
  const told = JSON.stringify(failure, null, 2);
  assert.equal(failure.code, expected.code, told);
  assert.equal(code, expected.exit ?? 1, told);
  assert.equal(end.status, 'failed');
  assert.deepEqual(
    built.of('step-failed').map(({ step }) => step),
    [expected.step],
  );
  assert.match(failure.message, expected.message);
  assert.match(failure.remedy ?? '', expected.remedy);
  if (expected.evidence !== undefined) assert.match((failure.evidence ?? []).join('\n'), expected.evidence);
  const { left = [] } = expected;
  assert.equal(end.left.length, left.length, `left: ${JSON.stringify(end.left)}`);
  for (const [at, pattern] of left.entries()) assert.match(end.left[at] ?? '', pattern);
  assert.doesNotMatch(built.stderr, /\n\s+at /, 'a stack trace');
  return failure;
}

export function assertDone(built: Built): void {
  assert.equal(built.code, 0, `${JSON.stringify(built.end.failure, null, 2)}\n${built.stderr}`);
  assert.equal(built.end.status, 'done');
}
