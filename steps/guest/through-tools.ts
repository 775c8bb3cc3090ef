import type { Guest } from '../../guest/index.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { whileStarting } from '../support/while-on.ts';
import type { Machine } from '../vcenter/machine.ts';

/**
 * A session in a running Windows through VMware Tools, as its administrator; the VM is powered on and waited for if need
 * be. It needs no network and no host key.
 *
 * @throws IngotError `vsphere.deadline`, `guest.auth`, `guest.unreachable`, `guest.operations-denied`
 */
export async function openThroughTools(
  { image, vc, password }: { readonly image: Image; readonly vc: Vsphere; readonly password: Promise<string> },
  machine: Machine,
  signal: AbortSignal,
): Promise<Guest> {
  const { timeouts, openssh } = image;
  password.catch(() => undefined); // told where it is awaited
  const { starting } = await whileStarting(machine, ({ guestOperationsReady }) => guestOperationsReady, {
    what: `VMware Tools of ${machine.name} to answer`,
    deadlineMs: timeouts.boot,
    signal,
  });
  const [{ connectVmTools }, { vmToolsOperations }, secret] = await Promise.all([
    import('../../guest/vmtools/index.ts'),
    import('./vmtools.ts'),
    password,
  ]);
  const operations = await vmToolsOperations(vc, machine, { username: openssh.username, password: secret }, signal);
  return connectVmTools({ operations, signal, deadlineMs: timeouts.ssh, starting });
}
