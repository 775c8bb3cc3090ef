import type { Client, SFTPWrapper } from 'ssh2';
import { Channels } from './channels.ts';
import { loginError } from './connect-errors.ts';
import { GuestError } from './errors.ts';
import { type Address, at, type Route, through } from './route.ts';
import { type Login, LoginFailure, openSession } from './ssh-session.ts';
import { messageOf } from './wait.ts';

/** Where the guest is, how it is reached and who logs in. */
export interface Endpoint extends Address, Login {
  readonly route: Route;
}

/** An SSH connection that is up, until `lost` is aborted (its reason is the cause). */
export interface LiveConnection {
  readonly client: Client;
  readonly lost: AbortSignal;
  readonly channels: Channels;
  /** What is sent in this turn of the event loop leaves together. */
  gather(): void;
  /** The one SFTP channel of this connection; opened again when it was closed. */
  sftp(signal: AbortSignal): Promise<SftpChannel>;
  close(): void;
}

export interface SftpChannel {
  readonly sftp: SFTPWrapper;
  /** Aborted when the server has closed the channel: ssh2 would not answer a request on it. */
  readonly ended: AbortSignal;
}

/** One try takes at most this long: a firewall that drops packets must not use up the whole deadline. */
const TRY_MS = 15_000;

/**
 * Makes one try to connect and log in. Rejects with `guest.host-key`, `guest.auth`, `guest.agent` or `guest.handshake`,
 * with the same of the bastion (`guest.bastion-…`), or with `guest.unreachable` or `guest.bastion-unreachable`
 * (retryable) for everything that another try may mend.
 */
export async function connectOnce(
  endpoint: Endpoint,
  signal: AbortSignal,
  remainingMs: number,
): Promise<LiveConnection> {
  const endsAt = performance.now() + Math.min(TRY_MS, remainingMs);
  const attempt = () => ({ signal, timeoutMs: endsAt - performance.now() });
  try {
    const stream = await endpoint.route.open(endpoint, attempt());
    const { client, lost, gather, close } = await openSession(stream, endpoint, attempt());
    const channels = new Channels();
    return { client, lost, channels, gather, close, sftp: sftpOf(client, channels, lost) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GuestError) throw error;
    if (error instanceof LoginFailure) throw loginError('guest', endpoint, error) ?? unreachable(endpoint, error.cause);
    throw unreachable(endpoint, error);
  }
}

/** Callers share the channel, and its opening: the signal of the one that began does not stop it for the others. */
function sftpOf(client: Client, channels: Channels, lost: AbortSignal): LiveConnection['sftp'] {
  let shared: Promise<SftpChannel> | undefined;
  return (signal) => {
    signal.throwIfAborted();
    if (shared !== undefined) return shared;
    const opening = channels
      .open(() => openSftp(client), { discard: (sftp) => sftp.end(), signals: [lost], lasting: true })
      .then((sftp): SftpChannel => {
        const ended = new AbortController();
        const end = () => {
          if (shared === opening) shared = undefined;
          ended.abort(new Error('the server closed the SFTP channel'));
        };
        // An error is a server that breaks the protocol: ssh2 closes the channel then.
        for (const event of ['error', 'end', 'close']) sftp.on(event, end);
        return { sftp, ended: ended.signal };
      });
    shared = opening;
    opening.catch(() => {
      if (shared === opening) shared = undefined;
    });
    return opening;
  };
}

function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, sftp) => (error === undefined ? resolve(sftp) : reject(error)));
  });
}

function unreachable(endpoint: Endpoint, cause: unknown): GuestError {
  return new GuestError(
    'guest.unreachable',
    `Expected an SSH server at ${at(endpoint)}${through(endpoint.route)}, found: ${messageOf(cause)}.`,
    {
      cause,
      retryable: true,
      unreachable: true,
      remedy:
        'Check that the machine that runs ingot (or the bastion) reaches the VM at this address and port (routing, ' +
        'firewalls), that the service sshd runs in the guest and that its rule OpenSSH-Server-In-TCP applies to every profile. ' +
        'Where sshd ends without a word (error 1067, since 9.5), others than SYSTEM and Administrators may write to ' +
        'C:\\ProgramData\\ssh or its folder logs: take that right away.',
    },
  );
}
