import { IngotError } from '../../common/failure.ts';
import { GuestError } from '../../guest/errors.ts';
import { isFault } from '../../vsphere/fault.ts';

/** The privileges that guest operations ask for, on the VM (vSphere documentation, "Guest Operations Privileges"). */
const guestOperationPrivileges = [
  'VirtualMachine.GuestOperations.Execute',
  'VirtualMachine.GuestOperations.Modify',
  'VirtualMachine.GuestOperations.Query',
] as const;

/** What may be otherwise in a moment: Windows starts or goes down, the VM is moved, another operation is under way. */
const PASSING = [
  'GuestOperationsUnavailable',
  'ToolsUnavailable',
  'InvalidState',
  'TaskInProgress',
  'TooManyGuestLogons',
  'HostCommunication',
];

/** What vSphere said to a guest operation, as a failure of the conversation with the guest. Others stay what they are. */
export function guestFailure(error: unknown, doing: string, name: string): unknown {
  if (!(error instanceof IngotError) || error instanceof GuestError) return error;
  const { message, evidence } = error;
  const make = (code: string, found: string, remedy: string, passing = false): GuestError =>
    new GuestError(code, `Expected to ${doing} in ${name} through VMware Tools, found ${found}.`, {
      cause: error,
      evidence: [message, ...(evidence ?? [])],
      remedy,
      retryable: passing,
      unreachable: code === 'guest.unreachable',
    });
  if (isFault(error, 'InvalidGuestLogin'))
    return make(
      'guest.auth',
      'that Windows refused the account with the password of this build',
      'The password is windows.administratorPassword, or derived from openssh.privateKey (with its passphrase; where an ' +
        'agent holds the key, from the password of vcenter) and ingot.salt of the VM. Was one of them changed since Windows ' +
        'was installed, or the account locked or disabled by a step? Change it back, or delete the master VM and build again.',
    );
  // NotAuthenticated derives from NoPermission; the session has been renewed before it comes here.
  if (isFault(error, 'NoPermission') && !isFault(error, 'NotAuthenticated'))
    return make(
      'guest.operations-denied',
      'that the account of vCenter may not',
      `Give the account of vcenter ${guestOperationPrivileges.join(', ')} on the VM.`,
    );
  if (isFault(error, 'OperationDisabledByGuest', 'OperationNotSupportedByGuest'))
    return make(
      'guest.operations-denied',
      'that VMware Tools are told not to',
      'Remove "disabled" from the group [guestoperations] of tools.conf, or build with communicator: ssh.',
    );
  if (isFault(error, 'GuestPermissionDenied'))
    return make(
      'guest.operations-denied',
      'that Windows denied it',
      'Check the access list of that path: Administrators need full control, and no other program may hold the file.',
    );
  if (isFault(error, ...PASSING))
    return make(
      'guest.unreachable',
      'that they do not answer',
      'Look at the console of the VM: does Windows run, and its service VMTools? Raise timeouts.ssh if it only needs longer.',
      true,
    );
  if (isFault(error, 'FileFault'))
    return make('guest.file', 'a failure of the file system', 'Check the path and the free space of the disk.');
  if (error.code === 'vsphere.guest-transfer')
    return error.retryable
      ? make('guest.unreachable', 'that the transfer broke off', error.remedy ?? 'Build again.', true)
      : make('guest.transfer', 'that the transfer was refused', error.remedy ?? 'Build again.');
  if (error.code === 'vsphere.unreachable')
    return make('guest.unreachable', 'that vCenter does not answer', error.remedy ?? 'Build again.', true);
  if (error.code === 'vsphere.lost-answer')
    return make('guest.connection-lost', 'no answer', 'The step is safe to run again.', true);
  return error;
}
