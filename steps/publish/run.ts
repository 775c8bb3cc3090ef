import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import { isAbort, toFailure } from '../../pipeline/failures.ts';
import { orAborted } from '../../pipeline/wait.ts';
import type { CheckContext, PublishContext, Published, PublishTarget } from './target.ts';
import { targetsOf } from './targets.ts';

export type PublishedAt = Published & Pick<PublishTarget, 'field'>;

/**
 * Publishes to all places: those of one stage at once, stage after stage. One that fails keeps none of the others.
 *
 * @throws IngotError of the first that failed, with those of all others, and with what was published all the same
 */
export async function publishAll(
  context: Omit<PublishContext, 'published' | 'failed'>,
): Promise<readonly PublishedAt[]> {
  const done: PublishedAt[] = [];
  const failed: string[] = [];
  const problems = new Problems();
  for (const stage of await targetsOf(context.image)) {
    const now = { ...context, published: [...done], failed: [...failed] };
    const results = await settleAll(stage, now);
    context.signal.throwIfAborted();
    for (const [index, { field = '', what = '' } = {}] of stage.entries()) {
      const { [index]: result } = results;
      if (result?.status === 'fulfilled') done.push({ ...result.value, field });
      if (result?.status !== 'rejected') continue;
      failed.push(field);
      problems.add(named(result.reason, `${field} (${what})`));
    }
  }
  try {
    problems.throwIfAny();
  } catch (error) {
    const { code, message, evidence = [], ...rest } = toFailure(error);
    const stands = ['the template stands', ...done.map(({ where }) => `published: ${where}`)];
    throw new IngotError(code, message, { ...rest, evidence: [...evidence, ...stands], cause: error });
  }
  return done;
}

/** What cannot be done at any of the places, all at once, before anything is built. */
export async function checkTargets(context: CheckContext): Promise<void> {
  const problems = new Problems();
  const targets = (await targetsOf(context.image)).flat();
  const results = await Promise.allSettled(targets.map((target) => target.check(context)));
  context.signal.throwIfAborted();
  for (const [index, result] of results.entries())
    if (result.status === 'rejected') problems.add(named(result.reason, targets[index]?.field ?? ''));
  problems.throwIfAny();
}

/** All at once, but for those that exclude each other, which take turns. */
function settleAll(
  stage: readonly PublishTarget[],
  context: PublishContext,
): Promise<PromiseSettledResult<Published>[]> {
  let turn: Promise<unknown> = Promise.resolve();
  const started = stage.map((target) => {
    if (target.exclusive !== true) return inTime(target, context);
    const work = turn.then(() => inTime(target, context));
    turn = work.catch(() => undefined);
    return work;
  });
  return Promise.allSettled(started);
}

/** Each place has a deadline of its own: one that hangs is told by its name, and keeps none of the others. */
async function inTime(target: PublishTarget, context: PublishContext): Promise<Published> {
  const deadline = AbortSignal.timeout(target.timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  try {
    return await orAborted(target.publish({ ...context, signal }), signal, GRACE_MS);
  } catch (error) {
    if (!deadline.aborted || context.signal.aborted || !isAbort(error, signal)) throw error;
    const seconds = Math.round(target.timeoutMs / 1000);
    throw new IngotError('publish.late', `expected to be done within ${seconds} s, found it was not`, {
      remedy:
        'look at the tasks in vCenter; raise timeouts.clone, timeouts.upload or timeouts.task if it was only slow',
      timedOut: true,
    });
  }
}

/** How long one that is late may take to let go of what it holds. */
const GRACE_MS = 10_000;

function named(reason: unknown, place: string): IngotError {
  const { code, message, ...rest } = toFailure(reason);
  return new IngotError(code, `${place}: ${message}`, { ...rest, cause: reason });
}
