/**
 * A failure as data: what every room reports instead of a bare exception.
 *
 * `message` says what was expected and what was found; `remedy` what to do; `evidence` the lines that show it.
 */
export interface Failure {
  /** Stable, dotted, lower case: `vsphere.login`, `guest.host-key`, `iso.corrupt`. */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly evidence?: readonly string[] | undefined;
  /** The same call may succeed if it is made again. */
  readonly retryable: boolean;
  /** vCenter or the guest could not be reached at all (exit code 3). */
  readonly unreachable: boolean;
  /** A deadline passed. */
  readonly timedOut: boolean;
}

export interface FailureOptions {
  readonly remedy?: string | undefined;
  readonly evidence?: readonly string[] | undefined;
  readonly retryable?: boolean;
  readonly unreachable?: boolean;
  readonly timedOut?: boolean;
  readonly cause?: unknown;
}

/** The one exception class of ingot. Nobody parses its message: test `code` and the named booleans. */
export class IngotError extends Error implements Failure {
  override readonly name: string = 'IngotError';
  readonly code: string;
  readonly remedy: string | undefined;
  readonly evidence: readonly string[] | undefined;
  readonly retryable: boolean;
  readonly unreachable: boolean;
  readonly timedOut: boolean;

  constructor(code: string, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.evidence = options.evidence;
    this.retryable = options.retryable ?? false;
    this.unreachable = options.unreachable ?? false;
    this.timedOut = options.timedOut ?? false;
  }
}
