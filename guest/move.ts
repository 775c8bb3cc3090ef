import type { Stats } from 'ssh2';
import type { LiveConnection } from './connect.ts';
import { request, stat } from './sftp.ts';

/** The target is gone and the new content could not take its place: it is the only one there is, and stays. */
export class Stranded extends Error {}

/**
 * Moves a finished file over another one with OpenSSH's posix-rename (SFTP's own rename, version 3, does not replace).
 *
 * OpenSSH for Windows does that in one step since 8.6 (MoveFileEx); 7.7 and 8.1, which come with 2019, 20H2 and 2022,
 * remove the target first and may then fail, for instance while a virus scanner holds the new file
 * (PowerShell/Win32-OpenSSH#1534). All of them fail on a read-only target: the attribute is taken off and put back on.
 * A server without the extension gets the target renamed, and named back if the second rename fails.
 */
export async function moveInto(live: LiveConnection, signal: AbortSignal, from: string, to: string): Promise<void> {
  const send: Send = (operation) =>
    request(live, signal, (sftp, done) => operation(sftp, (error) => done(error, undefined)));
  const look = () => stat(live, signal, to);
  try {
    if (await posixRename(live, signal, from, to)) return;
  } catch (error) {
    const target = await look();
    if (target === undefined) {
      await send((sftp, done) => sftp.rename(from, to, done)).catch((cause: unknown) => {
        throw new Stranded(`the server removed it and did not put ${from} in its place, where the new content is`, {
          cause,
        });
      });
    } else if (isReadOnly(target)) {
      await writable(send, to, target, async () => void (await posixRename(live, signal, from, to)));
    } else {
      throw error;
    }
    return;
  }
  const target = await look();
  if (target === undefined) return send((sftp, done) => sftp.rename(from, to, done));
  if (target.isDirectory()) throw new Error('a folder is there');
  const exchange = () => exchanged(send, from, to);
  return isReadOnly(target) ? writable(send, to, target, exchange) : exchange();
}

type Send = (
  operation: (sftp: Parameters<Parameters<typeof request>[2]>[0], done: (error?: Error | null) => void) => void,
) => Promise<void>;

/** False when the server did not announce the extension. */
function posixRename(live: LiveConnection, signal: AbortSignal, from: string, to: string): Promise<boolean> {
  return request<boolean>(live, signal, (sftp, done) => {
    try {
      sftp.ext_openssh_rename(from, to, (error) => done(error, true));
    } catch {
      done(undefined, false); // ssh2 throws then, before it sends anything.
    }
  });
}

async function exchanged(send: Send, from: string, to: string): Promise<void> {
  const aside = `${from}.old`;
  await send((sftp, done) => sftp.rename(to, aside, done));
  try {
    await send((sftp, done) => sftp.rename(from, to, done));
  } catch (error) {
    await send((sftp, done) => sftp.rename(aside, to, done)).catch(() => {}); // What counts is the first failure.
    throw error;
  }
  await send((sftp, done) => sftp.unlink(aside, done));
}

/** On Windows the owner's write bit is the read-only attribute, both ways (_wchmod). */
const isReadOnly = (target: Stats): boolean => target.isFile() && (target.mode & 0o200) === 0;

/** Works on a read-only file; what is there afterwards is read-only again. */
async function writable(send: Send, path: string, { mode }: Stats, work: () => Promise<void>): Promise<void> {
  const change = (bits: number) => send((sftp, done) => sftp.chmod(path, bits & 0o7777, done));
  await change(mode | 0o200);
  try {
    await work();
  } catch (error) {
    await change(mode).catch(() => {}); // What counts is the first failure.
    throw error;
  }
  await change(mode);
}
