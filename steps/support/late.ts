import { IngotError } from '../../common/failure.ts';

/** What a deadline's error says besides: lines that show what was seen last, and what to do. */
export interface Late {
  readonly evidence: readonly string[];
  readonly remedy: string;
}

/** Settles as the wait does; when its deadline passes, the error also holds what only the step knows. */
export async function explained<T>(wait: Promise<T>, late: () => Late): Promise<T> {
  try {
    return await wait;
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'vsphere.deadline') throw error;
    throw new IngotError(error.code, error.message, { ...late(), timedOut: true, cause: error });
  }
}
