import { IngotError } from '../common/failure.ts';
import type { Guest } from '../guest/index.ts';
import { orAborted } from '../guest/wait.ts';
import type { Image } from '../image/index.ts';
import type { Role } from '../image/names.ts';
import { pickAddress } from './support/addresses.ts';
import { sshLogin } from './support/ssh-login.ts';
import { whileStarting } from './support/while-on.ts';
import type { Vcenter } from './vcenter/index.ts';
import type { Machine, MachineState } from './vcenter/machine.ts';

export interface GuestAccess {
  /** A session in the running Windows of a role; the VM is powered on and waited for if need be. */
  open(signal: AbortSignal, role?: Role): Promise<Guest>;
  /** Ends the session of a role: its Windows is about to go. */
  close(role?: Role): void;
}

export interface GuestAccessOptions {
  readonly image: Image;
  readonly vcenter: () => Promise<Vcenter>;
  /** Administrator's password in the Windows of a role. */
  readonly password: (role: Role, signal: AbortSignal) => Promise<string>;
  /** The host keys that the bootstrap published. */
  readonly hostKeys: (signal: AbortSignal) => Promise<readonly string[]>;
  /** TCP port to connect to. */
  readonly port: number;
}

/** One session a running Windows, shared by all steps. */
export function guestAccess({ image, vcenter, password, hostKeys, port }: GuestAccessOptions): GuestAccess {
  const sessions = new Map<Role, Promise<Guest>>();

  async function connect(role: Role, signal: AbortSignal): Promise<Guest> {
    const [center, { openThroughTools }] = await Promise.all([vcenter(), import('./guest/through-tools.ts')]);
    const machine = await center.machine(role, signal);
    // The clone of the smoke test has no network.
    return image.communicator === 'vmtools' || role === 'smoke'
      ? openThroughTools({ image, vc: center.vc, password: password(role, signal) }, machine, signal)
      : overSsh(machine, signal);
  }

  async function overSsh(machine: Machine, signal: AbortSignal): Promise<Guest> {
    const { timeouts, openssh } = image;
    const up = ({ toolsRunning, addresses }: MachineState) => toolsRunning && pickAddress(addresses);
    const { found: host, starting } = await whileStarting(machine, up, {
      what: `${machine.name} to run with a valid IP address`,
      deadlineMs: timeouts.boot,
      signal,
    });
    const [{ connectGuest }, login, keys] = await Promise.all([
      import('../guest/index.ts'),
      sshLogin(image),
      hostKeys(signal),
    ]);
    return connectGuest({
      ...{ host, port, username: openssh.username, ...login, hostKeys: keys },
      ...{ signal, deadlineMs: timeouts.ssh, starting },
    });
  }

  async function shared(role: Role, signal: AbortSignal): Promise<Guest> {
    for (let known = sessions.get(role); known !== undefined; known = sessions.get(role)) {
      try {
        return await orAborted(known, signal);
      } catch (error) {
        signal.throwIfAborted();
        // Only the end of the signal of the one who began it is not ours.
        if (error instanceof IngotError) throw error;
      }
    }
    const session = connect(role, signal);
    sessions.set(role, session);
    session.catch(() => {
      if (sessions.get(role) === session) sessions.delete(role);
    });
    return session;
  }

  return {
    open: (signal, role = 'master') => shared(role, signal),
    close(role) {
      for (const [key, session] of sessions) {
        if (role !== undefined && role !== key) continue;
        sessions.delete(key);
        session.then((guest) => guest.close()).catch(() => undefined);
      }
    },
  };
}
