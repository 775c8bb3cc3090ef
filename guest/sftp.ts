import type { SFTPWrapper, Stats } from 'ssh2';
import type { LiveConnection } from './connect.ts';
import { GuestError } from './errors.ts';
import { messageOf, orAborted } from './wait.ts';

/** SSH_FXP_STATUS codes of draft-ietf-secsh-filexfer-02, the version 3 that OpenSSH speaks. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;

type Callback<T> = (error: Error | undefined | null, value: T) => void;

/** The SFTP channel or its connection is gone: the request was not answered. */
export class Unanswered extends Error {}

/** One SFTP request. Rejects when the channel is lost or the signal is aborted before the answer came. */
export async function request<T = void>(
  live: LiveConnection,
  signal: AbortSignal,
  send: (sftp: SFTPWrapper, done: Callback<T>) => void,
): Promise<T> {
  const { sftp, ended } = await orAborted(live.sftp(signal), signal, live.lost);
  const answer = new Promise<T>((resolve, reject) => {
    send(sftp, (error, value) => (error ? reject(error) : resolve(value)));
  });
  try {
    return await orAborted(answer, signal, live.lost, ended);
  } catch (error) {
    signal.throwIfAborted();
    if (ended.aborted || live.lost.aborted) throw new Unanswered(messageOf(error), { cause: error });
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === NO_SUCH_FILE;
}

/** The attributes of a file or folder; undefined when there is none. */
export async function stat(live: LiveConnection, signal: AbortSignal, path: string): Promise<Stats | undefined> {
  try {
    return await request<Stats>(live, signal, (sftp, done) => sftp.stat(path, done));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Turns what a file operation rejected with into a GuestError; aborts pass as they are. */
export function fileFailure(error: unknown, live: LiveConnection, signal: AbortSignal, doing: string): unknown {
  if (error instanceof GuestError || signal.aborted) return error;
  if (live.lost.aborted || error instanceof Unanswered) return connectionLost(doing, live.lost.reason ?? error);
  const status = statusOf(error);
  if (status === undefined && !(error instanceof Error)) return error;
  const found =
    status === PERMISSION_DENIED ? 'permission denied' : error instanceof Error ? error.message : String(error);
  return new GuestError('guest.file', `Expected to ${doing} in the guest, found: ${found}.`, {
    cause: error,
    remedy:
      status === PERMISSION_DENIED
        ? 'Check the access list of that path: the account needs to be in Administrators, and no other program may hold the file.'
        : 'Check the path, the free space of the disk and the log of sshd (Event Viewer, OpenSSH/Operational).',
  });
}

export function connectionLost(doing: string, cause: unknown): GuestError {
  return new GuestError(
    'guest.connection-lost',
    `Expected to ${doing}, found that the SSH connection was lost: ${messageOf(cause)}.`,
    {
      cause,
      retryable: true,
      remedy:
        'The step is safe to run again. If it happens each time, look for a restart, a NIC reset or a firewall in between.',
    },
  );
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}
