import { IngotError } from '../common/failure.ts';
import type { VimFault } from './values.ts';
import { isA } from './wire.ts';

/** vSphere answered with a fault: code `vsphere.fault`, or `vsphere.login` where it is the login that was refused. */
export class VsphereFault extends IngotError {
  readonly fault: VimFault;

  constructor(code: string, message: string, fault: VimFault, remedy?: string) {
    super(code, message, {
      remedy,
      evidence: evidenceOf(fault),
      retryable: PASSING.some((type) => isA(fault.type, type)),
    });
    this.fault = fault;
  }
}

// The same call may succeed later. TaskInProgress is waited for where the task is started.
const PASSING = ['TaskInProgress', 'ConcurrentAccess', 'HostCommunication', 'ResourceInUse'];

/** The fault behind an error, if vSphere answered with one. */
export function faultOf(error: unknown): VimFault | undefined {
  return error instanceof VsphereFault ? error.fault : undefined;
}

/**
 * Whether vSphere answered with one of these faults, or one derived from them: `isFault(error, 'FileFault')` holds for
 * FileNotFound. Mind that NotAuthenticated derives from NoPermission: test the leaf first.
 */
export function isFault(error: unknown, ...types: readonly string[]): boolean {
  const fault = faultOf(error);
  return fault !== undefined && types.some((type) => isA(fault.type, type));
}

/** An error for a fault, saying what was asked for. */
export function faultError(what: string, fault: VimFault): VsphereFault {
  const { invalidProperty, privilegeId, object, file } = fault.details;
  const detail = [
    typeof invalidProperty === 'string' && `property ${invalidProperty}`,
    typeof privilegeId === 'string' && `privilege ${privilegeId}`,
    typeof file === 'string' && file,
  ].filter(Boolean);
  const named = detail.length > 0 ? ` (${detail.join(', ')})` : '';
  const message = `${what}: vCenter answered ${fault.type}${named}${fault.message === fault.type ? '' : `: ${fault.message}`}`;
  const remedy =
    fault.type === 'NoPermission' && typeof privilegeId === 'string'
      ? `Give the account ${privilegeId}${object === undefined ? '' : ` on ${JSON.stringify(object)}`}.`
      : 'Look at the task and its events in the vSphere client, mend what they name, then run the command again.';
  return new VsphereFault('vsphere.fault', message, fault, remedy);
}

function evidenceOf(fault: VimFault): string[] {
  const { faultMessage } = fault.details;
  if (!Array.isArray(faultMessage)) return [];
  return faultMessage.map((item: { key?: string; message?: string }) => `${item.key ?? ''}: ${item.message ?? ''}`);
}
