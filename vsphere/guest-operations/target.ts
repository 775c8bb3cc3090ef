import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import type { ReadOptions } from '../properties.ts';
import type { Ref } from '../values.ts';
import type { AnyGuestAuthentication } from '../vim25.gen.ts';
import type { VmRef } from '../vm.ts';

/** An account of the guest's own operating system. */
export interface GuestLogin {
  readonly username: string;
  readonly password: string;
}

/** A VM whose guest is operated, and as whom. Every operation carries the account and checks it anew: there is no session. */
export interface GuestTarget {
  readonly vc: Vsphere;
  readonly vm: VmRef;
  /** Holds the password. A secret. */
  readonly auth: AnyGuestAuthentication;
  readonly files: Ref<'GuestFileManager'>;
  readonly processes: Ref<'GuestProcessManager'>;
}

/** Throws `vsphere.guest-operations` where the server has no guest operations. Asks nothing of the guest. */
export async function guestTarget(
  vc: Vsphere,
  vm: VmRef,
  { username, password }: GuestLogin,
  options: ReadOptions = {},
): Promise<GuestTarget> {
  const manager = vc.content.guestOperationsManager;
  const found = manager === undefined ? undefined : await vc.read(manager, ['fileManager', 'processManager'], options);
  const { fileManager: files, processManager: processes } = found ?? {};
  if (files === undefined || processes === undefined)
    throw new IngotError('vsphere.guest-operations', 'expected guest operations in the service content, found none', {
      remedy: 'Guest operations need vCenter or a licensed ESXi: use another way into the guest.',
    });
  // Not interactive: nobody has to be logged on at the console, and no window is shown.
  const auth = { $type: 'NamePasswordAuthentication', interactiveSession: false, username, password } as const;
  return { vc, vm, auth, files, processes };
}
