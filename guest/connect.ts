import type { Client, ParsedKey, PublicKeyAuthMethod, SFTPWrapper } from 'ssh2';
import { algorithmsFor } from './algorithms.ts';
import { GuestError } from './errors.ts';
import { fingerprintOf, type PublicKey } from './public-key.ts';
import { orAborted } from './wait.ts';

/** Where the guest is and who logs in. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly key: ParsedKey;
  readonly hostKeys: readonly PublicKey[];
}

/** An SSH connection that is up, until `lost` is aborted (its reason is the cause). */
export interface LiveConnection {
  readonly client: Client;
  readonly lost: AbortSignal;
  /** The one SFTP channel of this connection. */
  sftp(): Promise<SFTPWrapper>;
}

/** Half a minute unanswered (longer than a snapshot stuns a VM), and the connection is taken for lost. */
const KEEP_ALIVE = { keepaliveInterval: 5000, keepaliveCountMax: 6 };

/** One try takes at most this long: a firewall that drops packets must not use up the whole deadline. */
const TRY_MS = 15_000;

/**
 * Makes one try to connect and log in. Rejects with `guest.host-key`, `guest.auth` or `guest.handshake`, or with
 * `guest.unreachable` (retryable) for everything that another try may mend.
 */
export async function connectOnce(
  endpoint: Endpoint,
  signal: AbortSignal,
  remainingMs: number,
): Promise<LiveConnection> {
  const { default: ssh2 } = await import('ssh2');
  signal.throwIfAborted();
  const client = new ssh2.Client();
  // Key authentication only: no `none` first (it counts as a try), no password, no agent.
  const login: PublicKeyAuthMethod = { type: 'publickey', username: endpoint.username, key: endpoint.key };
  const lost = new AbortController();
  let presented: Buffer | undefined;
  let failure: Error | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    client.on('ready', resolve);
    client.on('error', (error) => {
      failure ??= error;
      reject(error);
    });
    client.on('close', () => {
      const cause = failure ?? new Error('the connection was closed by the other side');
      reject(cause);
      lost.abort(cause);
    });
  });
  try {
    client.connect({
      host: endpoint.host,
      port: endpoint.port,
      username: endpoint.username,
      authHandler: [login],
      algorithms: algorithmsFor(endpoint.hostKeys),
      hostVerifier: (key: Buffer) => {
        presented = key;
        return isPinned(key, endpoint.hostKeys);
      },
      readyTimeout: Math.max(1, Math.min(TRY_MS, remainingMs)),
      ...KEEP_ALIVE,
    });
    // From the handshake on: its small packets would wait for each other's acknowledgement.
    client.setNoDelay(true);
    await orAborted(ready, signal);
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    if (presented !== undefined && !isPinned(presented, endpoint.hostKeys)) throw wrongHostKey(endpoint, presented);
    throw connectFailure(endpoint, error);
  }

  let sftp: Promise<SFTPWrapper> | undefined;
  return {
    client,
    lost: lost.signal,
    sftp() {
      sftp ??= orAborted(openSftp(client), lost.signal).catch((error: unknown) => {
        sftp = undefined;
        throw error;
      });
      return sftp;
    },
  };
}

function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, sftp) => (error === undefined ? resolve(sftp) : reject(error)));
  });
}

function isPinned(blob: Buffer, hostKeys: readonly PublicKey[]): boolean {
  return hostKeys.some((key) => blob.equals(Buffer.from(key.base64, 'base64')));
}

function wrongHostKey(endpoint: Endpoint, presented: Buffer): GuestError {
  const expected = endpoint.hostKeys.map((key) => fingerprintOf(key.base64)).join(' or ');
  return new GuestError(
    'guest.host-key',
    `Expected the SSH server at ${at(endpoint)} to show a host key that the guest published over guestinfo (${expected}), ` +
      `found ${fingerprintOf(presented)}.`,
    {
      remedy:
        'Another machine answers at this address, or the host keys were made anew after the guest had published them. ' +
        "Check the VM's IP address for a duplicate. If the keys did change, delete the master VM of the build and build again.",
    },
  );
}

/** ssh2 says in `level` where a connection failed; its messages are for people only. */
function connectFailure(endpoint: Endpoint, cause: unknown): GuestError {
  const level = cause instanceof Error && 'level' in cause ? cause.level : undefined;
  if (level === 'client-authentication')
    return new GuestError(
      'guest.auth',
      `Expected ${endpoint.username}@${at(endpoint)} to accept the key, found it refused.`,
      {
        cause,
        evidence: [`offered: ${endpoint.key.type} ${fingerprintOf(endpoint.key.getPublicSSH())}`],
        remedy:
          'openssh.privateKey must belong to one of openssh.authorizedKeys. In the guest, the key must stand in ' +
          'C:\\ProgramData\\ssh\\administrators_authorized_keys (ASCII, no byte order mark), and that file may be open to ' +
          'Administrators and SYSTEM only: sshd refuses it if there is any other access entry. Mend it there with: icacls.exe ' +
          'C:\\ProgramData\\ssh\\administrators_authorized_keys /inheritance:r /grant "*S-1-5-32-544:F" /grant "*S-1-5-18:F"',
      },
    );
  if (level === 'handshake')
    return new GuestError(
      'guest.handshake',
      `Expected an SSH server at ${at(endpoint)} with modern algorithms, found none in common.`,
      {
        cause,
        evidence: [messageOf(cause)],
        remedy:
          'ingot needs what OpenSSH for Windows 7.7 or later offers: update it, or remove limits from sshd_config.',
      },
    );
  return unreachable(endpoint, cause);
}

function unreachable(endpoint: Endpoint, cause: unknown): GuestError {
  return new GuestError('guest.unreachable', `Expected an SSH server at ${at(endpoint)}, found: ${messageOf(cause)}.`, {
    cause,
    retryable: true,
    unreachable: true,
    remedy:
      'Check that the machine that runs ingot reaches the VM at this address and port (routing, firewalls), that the ' +
      'service sshd runs in the guest and that its rule OpenSSH-Server-In-TCP applies to every profile.',
  });
}

export function at(endpoint: { readonly host: string; readonly port: number }): string {
  return `${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}

/** AggregateError (a host name with several addresses) has an empty message of its own. */
export function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}
