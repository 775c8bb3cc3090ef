import { type FailureOptions, IngotError } from '../common/failure.ts';

/** What a script said about its own failure: the `##ingot:error` line of docs/guest-contract.md. */
export interface ScriptFailure {
  readonly message: string;
  readonly script: string;
  readonly line: number | undefined;
  /** PowerShell's ErrorCategory, such as `PermissionDenied`. */
  readonly category: string | undefined;
  /** The script's own dotted code, such as `sysprep.pending-reboot`. */
  readonly code: string | undefined;
}

export interface GuestErrorOptions extends FailureOptions {
  readonly rebooted?: boolean;
  readonly bastion?: boolean;
  readonly script?: ScriptFailure;
}

/** A failure of the conversation with the guest. */
export class GuestError extends IngotError {
  /** Windows has restarted since the call began: its boot time has changed. */
  readonly rebooted: boolean;
  /** The bastion failed, or what was wrong was with it: the guest was not reached. */
  readonly bastion: boolean;
  /** Present when a script reported the failure itself. */
  readonly script: ScriptFailure | undefined;

  constructor(code: string, message: string, options: GuestErrorOptions = {}) {
    super(code, message, options);
    this.rebooted = options.rebooted ?? false;
    this.bastion = options.bastion ?? false;
    this.script = options.script;
  }
}
