import { type Failure, IngotError } from '../common/failure.ts';

/** Any thrown value as a failure: what is not an IngotError is a defect of the step and says so, without a stack trace. */
export function toFailure(error: unknown): Failure {
  if (error instanceof IngotError) {
    const { code, message, remedy, evidence, retryable, unreachable, timedOut } = error;
    return { code, message, remedy, evidence, retryable, unreachable, timedOut };
  }
  const message = error instanceof Error ? error.message : String(error);
  const where = error instanceof Error ? firstFrames(error) : undefined;
  return {
    code: 'internal',
    message: `unexpected error: ${message}`,
    remedy: 'this is a defect of ingot: report it with the evidence and the journal',
    evidence: where,
    retryable: false,
    unreachable: false,
    timedOut: false,
  };
}

/** Whether an error only says that the signal was aborted. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
}

function firstFrames(error: Error): string[] {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return frames.slice(0, 3).map((line) => line.trim().replace(/^at /, ''));
}
