import type { AgentAuthMethod, PublicKeyAuthMethod } from 'ssh2';
import { GuestError } from './errors.ts';

/** Who logs in: a key that was read, or one that an agent holds. */
export interface Identity {
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string;
  /** The public half: the key blob of RFC 4253, section 6.6. */
  readonly publicKey: Buffer;
  readonly method: (username: string) => PublicKeyAuthMethod | AgentAuthMethod;
}

/**
 * Signing with SHA-1 is refused: ssh2 falls back to `ssh-rsa` for a server that does not say that it takes RFC 8332's
 * signatures. OpenSSH has told so since 7.2, for Windows in each release.
 */
export function refuseSha1(type: string, hash: string | undefined): void {
  if (type !== 'ssh-rsa' || hash === 'sha256' || hash === 'sha512') return;
  throw new GuestError(
    'guest.handshake',
    'Expected the SSH server to take RSA signatures with SHA-256 or SHA-512, found that it takes SHA-1 only.',
    { remedy: 'Update the SSH server, or use an Ed25519 or ECDSA key.' },
  );
}
