import { GuestError, type GuestErrorOptions } from './errors.ts';
import type { RunOptions } from './guest.ts';
import { badOutput, type ScriptEnd } from './script-output.ts';
import { durationText } from './wait.ts';

/** The result of a script, of the shape that its caller wants; otherwise `guest.output`. */
export function checked<T>(script: string, end: ScriptEnd, schema: RunOptions<T>['output']): T {
  if (!end.hasResult) throw badOutput(script, 'no result line', end.evidence);
  const parsed = schema.safeParse(end.result);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 10)
    .map((issue) => end.redactor.text(`${issue.path.join('.') || '(root)'}: ${issue.message}`));
  throw badOutput(script, 'a result of another shape', [...problems, ...end.evidence]);
}

/** Whether the way to a running script was lost, whose end is then unknown. */
export function isLoss(error: unknown): error is GuestError {
  return error instanceof GuestError && error.code === 'guest.connection-lost';
}

/** For what may take the way down with it: a loss is no failure. */
export function tolerateLoss(error: unknown): undefined {
  if (!isLoss(error)) throw error;
}

/** Windows restarted while a script ran: known by its boot times. `why` is the loss that it caused, or the script's last lines. */
export function restarted(
  script: string,
  before: string,
  now: string,
  why: Pick<GuestErrorOptions, 'cause' | 'evidence'>,
): GuestError {
  return new GuestError(
    'guest.restarted',
    `Expected Windows to stay up while ${script} ran, found that it restarted (up since ${now}, before since ${before}).`,
    {
      ...why,
      retryable: true,
      rebooted: true,
      remedy:
        'The step is safe to run again. If Windows restarts each time, look into its System event log for the reason.',
    },
  );
}

export function timedOut(what: string, ms: number, found: string): GuestError {
  return new GuestError('guest.timeout', `Expected ${what} within ${durationText(ms)}, found ${found}.`, {
    timedOut: true,
    remedy: 'Look at the console of the VM; raise the time-out in the image file if the work simply takes longer.',
  });
}
