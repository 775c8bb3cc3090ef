import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileDigest, hashPrefix, localDigest, type RemoteDigests } from './digests.ts';
import { GuestError } from './errors.ts';
import type { RemoteFiles } from './files.ts';
import { localFailure } from './local-tree.ts';

export interface Download {
  readonly files: RemoteFiles;
  /** The path for SFTP of a path in the guest. */
  readonly place: (path: string) => string;
  readonly digests: RemoteDigests;
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface RemoteFile {
  /** Its path in the guest. */
  readonly path: string;
  readonly local: string;
}

interface Incoming extends RemoteFile, FileDigest {
  /** `LOCAL.part` */
  readonly part: string;
}

/**
 * Copies files of the guest to local ones. Each comes into `LOCAL.part`, where the next attempt after a cut goes on, and
 * is renamed once it has the digest that the other side computed before. A file that grows meanwhile, such as a log, comes
 * as long as it was then. Rejects with `guest.file` when one is not there, `guest.digest` when it arrived otherwise.
 */
export async function downloadFiles(remote: readonly RemoteFile[], download: Download): Promise<void> {
  if (remote.length === 0) return;
  const digests = await download.digests(remote.map(({ path }) => path));
  const incoming = remote.map((file): Incoming => {
    const digest = digests.get(file.path);
    if (digest === undefined) throw missing(file.path);
    return { ...file, ...digest, part: `${file.local}.part` };
  });
  const total = incoming.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of incoming) {
    const progress = (done: number) => download.onProgress?.(before + done, total);
    await here(`write ${file.local}`, mkdir(dirname(file.local), { recursive: true }));
    if (!(await isThere(file, download.signal))) await receive(file, download, progress);
    before += file.size;
    progress(0);
  }
}

async function receive(file: Incoming, download: Download, progress: (done: number) => void): Promise<void> {
  for (;;) {
    const { resumed, sha256 } = await receiveOnce(file, download, progress);
    if (sha256 === file.sha256) break;
    await rm(file.part, { force: true });
    // What an earlier attempt had left may be of another content: once more, from the beginning.
    if (!resumed) throw digestDiffers(file);
  }
  await here(`write ${file.local}`, rename(file.part, file.local));
}

async function receiveOnce(
  file: Incoming,
  { files, place, signal }: Download,
  progress: (done: number) => void,
): Promise<{ resumed: boolean; sha256: string }> {
  const size = await stat(file.part).then(
    (found) => found.size,
    () => 0,
  );
  const start = size <= file.size ? size : 0;
  await using part = await here(`write ${file.part}`, open(file.part, start > 0 ? 'r+' : 'w'));
  const hash = await hashPrefix(part, start, signal);
  progress(start);
  try {
    await files.pour(place(file.path), { start, end: file.size }, async (bytes, offset) => {
      hash.update(bytes);
      await here(`write ${file.part}`, part.write(bytes, 0, bytes.length, offset));
      progress(offset + bytes.length);
    });
  } catch (error) {
    throw files.failure(error, `read ${file.path}`);
  }
  return { resumed: start > 0, sha256: hash.digest('hex') };
}

/** Work on this machine. */
function here<T>(doing: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw localFailure(error, doing);
  });
}

async function isThere({ local, size, sha256 }: Incoming, signal: AbortSignal): Promise<boolean> {
  const found = await stat(local).catch(() => undefined);
  if (found?.isDirectory())
    throw new GuestError('guest.local-file', `Expected to write the file ${local}, found a folder there.`, {
      remedy: 'Name another place, or remove the folder.',
    });
  if (found?.size !== size) return false;
  await using file = await open(local);
  return (await localDigest(file, size, signal)) === sha256;
}

/** Every file below a folder of the guest, with its place below a local one. Links are refused: they may lead anywhere. */
export async function remoteTree(
  folder: string,
  local: string,
  { files, place }: Pick<Download, 'files' | 'place'>,
): Promise<{ readonly folders: readonly string[]; readonly files: readonly RemoteFile[] }> {
  const entries = await files.list(place(folder));
  if (entries === undefined) throw missing(folder);
  const found: RemoteFile[] = [];
  const folders = [local];
  for (const { name, kind } of entries) {
    const path = `${folder}/${name}`;
    // What the other side says becomes a path on this machine.
    if (kind === 'other' || name === '' || name === '..' || /[/\\\0]/.test(name)) throw odd(path);
    const below = join(local, name);
    if (kind === 'file') {
      found.push({ path, local: below });
      continue;
    }
    const inner = await remoteTree(path, below, { files, place });
    found.push(...inner.files);
    folders.push(...inner.folders);
  }
  return { folders, files: found };
}

function missing(path: string): GuestError {
  return new GuestError('guest.file', `Expected ${path} in the guest, found nothing there.`, {
    remedy: 'Check the path; with SFTP it begins with a slash and the drive: /C:/folder/file.',
  });
}

function odd(path: string): GuestError {
  return new GuestError('guest.file', `Expected files and folders only, found ${JSON.stringify(path)} in the guest.`, {
    remedy: 'Links and junctions are not followed: name the folder that they lead to.',
  });
}

function digestDiffers({ path, local, sha256 }: Incoming): GuestError {
  return new GuestError(
    'guest.digest',
    `Expected ${local} to have the SHA-256 that ${path} has in the guest (${sha256}), found another one.`,
    { retryable: true, remedy: 'The file changes in the guest while it is read: stop the program that writes it.' },
  );
}
