import { GuestError } from './errors.ts';
import { fingerprintOf } from './public-key.ts';
import { type Address, at } from './route.ts';
import type { Login, LoginFailure } from './ssh-session.ts';
import { messageOf } from './wait.ts';

export type Role = 'guest' | 'bastion';

const REMEDIES = {
  guest: {
    hostKey:
      'Another machine answers at this address, or the host keys were made anew after the guest had published them. ' +
      "Check the VM's IP address for a duplicate. If the keys did change, delete the master VM of the build and build again.",
    auth:
      'openssh.privateKey (or the key of the agent) must belong to one of openssh.authorizedKeys. In the guest, the key ' +
      'must stand in C:\\ProgramData\\ssh\\administrators_authorized_keys (ASCII, no byte order mark), and that file may be ' +
      'open to Administrators and SYSTEM only: sshd refuses it if there is any other access entry. Mend it there with: ' +
      'icacls.exe C:\\ProgramData\\ssh\\administrators_authorized_keys /inheritance:r /grant "*S-1-5-32-544:F" /grant "*S-1-5-18:F"',
    handshake:
      'ingot needs what OpenSSH for Windows 7.7 or later offers: update it, or remove limits from sshd_config.',
  },
  bastion: {
    hostKey:
      'Ask who runs the bastion whether its host key was changed, and compare fingerprints; then correct ' +
      'openssh.bastion.hostKeys or the known_hosts file. Until then another machine may be in between.',
    auth: 'Add the public key to authorized_keys of that account on the bastion, or name another key under openssh.bastion.',
    handshake:
      'ingot needs what OpenSSH 7.7 or later offers: update the bastion, or remove limits from its sshd_config.',
  },
} as const;

/** What a failed login means for the one who runs the build; undefined: the other side was lost, another try may help. */
export function loginError(role: Role, endpoint: Login & Address, failure: LoginFailure): GuestError | undefined {
  const { cause, level, wrongHostKey } = failure;
  const bastion = role === 'bastion';
  const code = (name: string) => (bastion ? `guest.bastion-${name}` : `guest.${name}`);
  const key = `${endpoint.identity.type} ${fingerprintOf(endpoint.identity.publicKey)}`;
  const server = bastion ? `the bastion at ${at(endpoint)}` : `the SSH server at ${at(endpoint)}`;
  const remedies = REMEDIES[role];
  if (wrongHostKey !== undefined) {
    const pinned = endpoint.hostKeys.map(({ type, base64 }) => `${type} ${fingerprintOf(base64)}`);
    const shown = `${typeOf(wrongHostKey)} ${fingerprintOf(wrongHostKey)}`;
    const source = bastion ? 'that the image file names' : 'that the guest published over guestinfo';
    return new GuestError(
      code('host-key'),
      `Expected ${server} to show a host key ${source} (${pinned.join(' or ')}), found ${shown}.`,
      { bastion, evidence: [...pinned.map((one) => `expected: ${one}`), `found: ${shown}`], remedy: remedies.hostKey },
    );
  }
  if (cause instanceof GuestError) return cause;
  if (level === 'agent')
    return new GuestError('guest.agent', `Expected the SSH agent to sign for ${server}, found that it did not.`, {
      cause,
      bastion,
      evidence: [`asked for: ${key}`, messageOf(cause)],
      remedy:
        'Unlock the agent, confirm the use of the key where it asks for it, or add the key again with ssh-add PATH.',
    });
  if (level === 'client-authentication')
    return new GuestError(
      code('auth'),
      `Expected ${server} to accept the key for the account ${endpoint.username}, found it refused.`,
      { cause, bastion, evidence: [`offered: ${key}`], remedy: remedies.auth },
    );
  if (level === 'handshake')
    return new GuestError(code('handshake'), `Expected ${server} to have modern algorithms, found none in common.`, {
      cause,
      bastion,
      evidence: [messageOf(cause)],
      remedy: remedies.handshake,
    });
  return undefined;
}

/** The type that a key blob begins with (RFC 4253, section 6.6), as far as it is one. */
function typeOf(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE() : 0;
  const type = blob.toString('latin1', 4, Math.min(4 + length, 64));
  return /^[a-z0-9@.-]+$/.test(type) ? type : 'unknown';
}
