import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import { GuestError } from '../../guest/errors.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';

/** Restarts in one step: Windows may want a second one for what the first has finished; a third shows that none helps. */
const MOST_RESTARTS = 3;

/** How work inside a step says that Windows has to restart for it. */
export interface RestartWish {
  readonly wantRestart?: ((reason: string) => void) | undefined;
}

type Context = Pick<BuildEnv, 'guest' | 'held'> &
  Pick<StepTools<Image, Json>, 'config' | 'signal' | 'progress' | 'log'>;

/** Restarts that nobody asked for, by build (what its steps share) and step: a new attempt must know of those before. */
const unasked = new WeakMap<BuildEnv['held'], Map<string, string[]>>();

/**
 * Runs a step's work and, for `reboot: 'if-needed'`, looks at Windows afterwards: while it wants a restart, by any of the
 * places that state.ps1 knows or by a script's `rebootRequired`, it is restarted and the work is done again, which then
 * finds nothing to do. Throws `guest.reboot-loop` when that does not end, also when Windows restarts by itself in the
 * middle of the same step again and again.
 */
export async function withRestarts<C extends Context, Output>(
  step: string,
  context: C,
  ifNeeded: boolean,
  run: (context: C & RestartWish) => Promise<Output>,
): Promise<Output> {
  const { signal, progress, log, config } = context;
  const seen: string[] = [];
  for (;;) {
    const wishes = new Set<string>();
    const output = await counted(step, context, () => run({ ...context, wantRestart: (reason) => wishes.add(reason) }));
    if (!ifNeeded) return output;
    const guest = await context.guest(signal);
    const reasons = [...(await guest.state({ signal })).pendingReboot, ...wishes];
    if (reasons.length === 0) return output;
    if (seen.length === MOST_RESTARTS) throw neverEnough(step, [...seen, last(reasons)]);
    seen.push(`before restart ${seen.length + 1}: ${reasons.join(', ')}`);
    progress(`Restarting Windows: ${reasons.join(', ')}`);
    await guest.restart({ signal, deadlineMs: config.timeouts.boot });
    log(`Windows has restarted for ${reasons.join(', ')}; running ${step} again`);
  }
}

/** Lets the engine run a step again that Windows left in the middle, but not without end. */
async function counted<Output>(step: string, context: Context, work: () => Promise<Output>): Promise<Output> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GuestError) || !error.rebooted) throw error;
    const steps = unasked.get(context.held) ?? new Map<string, string[]>();
    unasked.set(context.held, steps);
    const seen = [...(steps.get(step) ?? []), error.message];
    steps.set(step, seen);
    if (seen.length < MOST_RESTARTS) throw error;
    throw new IngotError(
      'guest.reboot-loop',
      `expected Windows to stay up during ${step}, found that it restarted by itself ${seen.length} times`,
      {
        cause: error,
        evidence: [...seen, ...(error.evidence ?? [])],
        remedy:
          'look for the reason in the System event log of the VM (User32 1074, EventLog 6008, BugCheck 1001) and build again: steps that are done are kept',
      },
    );
  }
}

function last(reasons: readonly string[]): string {
  return `after the last one: ${reasons.join(', ')}`;
}

function neverEnough(step: string, evidence: readonly string[]): IngotError {
  return new IngotError(
    'guest.reboot-loop',
    `expected Windows to want no restart any more after ${MOST_RESTARTS} of them in ${step}, found that it still does`,
    {
      evidence,
      remedy:
        'look at C:\\Windows\\Logs\\CBS\\CBS.log for what is rolled back at each boot; a reason that something else sets anew has to be removed in a step of your own',
    },
  );
}
