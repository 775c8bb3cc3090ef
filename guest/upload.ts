import { posix } from 'node:path';
import { type FileDigest, localDigest, type RemoteDigests } from './digests.ts';
import { GuestError } from './errors.ts';
import type { RemoteFiles } from './files.ts';
import { type LocalFile, localFailure, openLocal } from './local-tree.ts';
import type { ReadInto } from './transfer.ts';
import { isLeftOver, temporaryPath } from './windows-names.ts';

export interface Upload {
  readonly files: RemoteFiles;
  /** The path for SFTP of a path in the guest. */
  readonly place: (path: string) => string;
  readonly digests: RemoteDigests;
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A local file and what is known of it; `from` is where its temporary file in the guest goes on. */
interface Outgoing extends LocalFile, FileDigest {
  readonly temporary: string;
}

/** How much of the end of a temporary file is compared before more is put behind it. */
const COMPARED = 1024 * 1024;
/**
 * Copies local files into folders that exist. Each is sent to a temporary file beside its place, which is named after its
 * content, so that the next attempt after a cut goes on there; is digested by the other side; and is moved into its place.
 * What lies in its place already, by its digest, is not sent. Rejects with `guest.digest` when a file arrived otherwise.
 */
export async function uploadFiles(local: readonly LocalFile[], upload: Upload): Promise<void> {
  const outgoing: Outgoing[] = [];
  for (const file of local) outgoing.push(await known(file, upload.signal));
  const total = outgoing.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  const progress = (done: number) => upload.onProgress?.(before + done, total);

  const present = await inPlace(outgoing, upload);
  const sent: Outgoing[] = [];
  const resumed = new Set<Outgoing>();
  const tidied = new Set<string>();
  for (const file of outgoing) {
    if (!present.has(file)) {
      const folder = posix.dirname(file.path);
      if (!tidied.has(folder)) await removeOlder(folder, outgoing, upload);
      tidied.add(folder);
      if (await send(file, upload, true, progress)) resumed.add(file);
      sent.push(file);
    }
    before += file.size;
    progress(0);
  }

  const wrong = await mismatches(sent, upload);
  for (const file of wrong) {
    await upload.files.remove(upload.place(file.temporary));
    // What an earlier attempt had left may have been damaged: once more, from the beginning.
    if (resumed.has(file)) await send(file, upload, false, () => {});
  }
  const [bad] = await mismatches(wrong, upload);
  if (bad !== undefined) {
    await upload.files.remove(upload.place(bad.temporary));
    throw digestDiffers(bad);
  }
  for (const file of sent) await upload.files.move(upload.place(file.temporary), upload.place(file.path));
}

async function known(file: LocalFile, signal: AbortSignal): Promise<Outgoing> {
  await using handle = await openLocal(file);
  const { size } = await handle.stat();
  const sha256 = await localDigest(handle, size, signal);
  return { ...file, size, sha256, temporary: temporaryPath(file.path, sha256) };
}

/** The files whose content lies in their place already. Sizes are asked first: most differ, or nothing is there. */
async function inPlace(outgoing: readonly Outgoing[], { files, place, digests }: Upload): Promise<Set<Outgoing>> {
  const alike: Outgoing[] = [];
  for (const file of outgoing) if ((await files.size(place(file.path))) === file.size) alike.push(file);
  if (alike.length === 0) return new Set();
  const found = await digests(alike.map(({ path }) => path));
  return new Set(alike.filter(({ path, sha256 }) => found.get(path)?.sha256 === sha256));
}

/** What earlier attempts left of the same files with another content would stay in the image for ever. */
async function removeOlder(folder: string, present: readonly Outgoing[], { files, place }: Upload): Promise<void> {
  for (const { name, kind } of (await files.list(place(folder))) ?? []) {
    const path = `${folder}/${name}`;
    if (kind === 'file' && isLeftOver(path, present)) await files.remove(place(path));
  }
}

/** Sends a file to its temporary one; true when a part of it was there. */
async function send(
  file: Outgoing,
  { files, place, signal }: Upload,
  mayResume: boolean,
  progress: (done: number) => void,
): Promise<boolean> {
  await using handle = await openLocal(file);
  const read: ReadInto = async (offset, buffer) => {
    const doing = `read ${file.local}`;
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset).catch((error: unknown) => {
      throw localFailure(error, doing);
    });
    if (bytesRead !== buffer.length) throw localFailure(new Error('it has become shorter meanwhile'), doing);
  };
  const temporary = place(file.temporary);
  const start = mayResume ? await usable(temporary, file.size, files, read) : 0;
  signal.throwIfAborted();
  progress(start);
  try {
    await files.fill(temporary, start > 0 ? 'r+' : 'w', { start, end: file.size }, read, progress);
  } catch (error) {
    const failure = files.failure(error, `write ${file.path}`);
    // After a cut or an abort it stays for the next attempt; a full disk, for instance, gets its space back.
    if (failure instanceof GuestError && !failure.retryable) await files.remove(temporary).catch(() => {});
    throw failure;
  }
  return start > 0;
}

/**
 * How much of a temporary file is good to go on behind it: all of it, when its end is as it should be. The name says whose
 * content it is, and OpenSSH works writes off in order, so that nothing is missing in front of the end; what a crash of
 * Windows loses are the last blocks, which come back as zeroes. A digest of it all would need a start of PowerShell, and
 * the one of the whole file at the end says the last word anyway.
 */
async function usable(temporary: string, size: number, files: RemoteFiles, read: ReadInto): Promise<number> {
  const there = await files.size(temporary);
  if (there === undefined || there === 0 || there > size) return 0;
  const start = Math.max(0, there - COMPARED);
  const expected = Buffer.allocUnsafe(there - start);
  await read(start, expected);
  let same = true;
  try {
    await files.pour(temporary, { start, end: there }, async (bytes, offset) => {
      const from = offset - start;
      if (!bytes.equals(expected.subarray(from, from + bytes.length))) same = false;
    });
  } catch (error) {
    throw files.failure(error, `read ${temporary}`);
  }
  return same ? there : 0;
}

async function mismatches(files: readonly Outgoing[], { digests }: Upload): Promise<readonly Outgoing[]> {
  if (files.length === 0) return [];
  const found = await digests(files.map(({ temporary }) => temporary));
  return files.filter(({ temporary, sha256 }) => found.get(temporary)?.sha256 !== sha256);
}

function digestDiffers({ local, path, sha256 }: Outgoing): GuestError {
  return new GuestError(
    'guest.digest',
    `Expected ${path} in the guest to have the SHA-256 of ${local} (${sha256}), found another one.`,
    {
      retryable: true,
      remedy:
        'Look whether the file is being changed on this machine, and whether a virus scanner in the guest changes it.',
    },
  );
}
