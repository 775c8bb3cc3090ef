import { IngotError } from '../../common/failure.ts';
import { GuestError } from '../../guest/errors.ts';

/** What a code that a script gives means here, and what to do. */
export interface KnownFailure {
  readonly code: string;
  /** What was expected and what was found. */
  readonly message: string;
  readonly remedy: string;
  readonly retryable?: boolean;
}

/** By the script's own code (`##ingot:error`, docs/guest-contract.md). */
export type KnownFailures = Readonly<Record<string, KnownFailure>>;

/**
 * Settles as the call of a script does; a failure that the script gave a known code to gets the words of the table, with
 * what the script said as evidence. All others stay as they are.
 */
export async function explained<T>(call: Promise<T>, known: KnownFailures): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const script = error instanceof GuestError ? error.script : undefined;
    const found = script?.code === undefined ? undefined : known[script.code];
    if (script === undefined || found === undefined || !(error instanceof GuestError)) throw error;
    const { code, message, remedy, retryable = false } = found;
    const evidence = [script.message, ...(error.evidence ?? [])];
    throw new IngotError(code, message, { remedy, retryable, evidence, cause: error });
  }
}
