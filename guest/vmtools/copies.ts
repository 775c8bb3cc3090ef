import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { type FileDigest, localDigest, remoteDigests } from '../digests.ts';
import { GuestError } from '../errors.ts';
import type { TransferOptions } from '../files.ts';
import type { Guest } from '../guest.ts';
import { type LocalFile, localTree, openLocal } from '../local-tree.ts';
import { isLeftOver, temporaryPath, windowsPath } from '../windows-names.ts';
import { moveOver } from './files.ts';
import type { GuestEntry, GuestOperations } from './operations.ts';

interface Outgoing extends LocalFile, FileDigest {
  readonly temporary: string;
  /** What lies in its place. */
  readonly old: GuestEntry | undefined;
}

interface RemoteFile {
  readonly path: string;
  readonly local: string;
}

/**
 * Copies of files and folders either way, each checked by the digest that a script computes in the guest. Paths as
 * callers write them: `/C:/folder/file`. A transfer that broke begins anew: the API gives no way to go on with it.
 */
export class VmToolsCopies {
  readonly #operations: GuestOperations;
  readonly #run: Guest['run'];

  constructor(operations: GuestOperations, run: Guest['run']) {
    this.#operations = operations;
    this.#run = run;
  }

  async upload(localPath: string, path: string, options: TransferOptions): Promise<void> {
    await this.#operations.makeFolder(windowsPath(posix.dirname(path)), options);
    await this.#send([{ local: localPath, path }], options);
  }

  async uploadFolder(localFolder: string, path: string, options: TransferOptions): Promise<void> {
    const tree = await localTree(localFolder, path, options.signal);
    for (const folder of tree.folders) await this.#operations.makeFolder(windowsPath(folder), options);
    await this.#send(tree.files, options);
  }

  async download(path: string, localPath: string, options: TransferOptions): Promise<void> {
    await this.#receive([{ path, local: localPath }], options);
  }

  async downloadFolder(path: string, localFolder: string, options: TransferOptions): Promise<void> {
    await this.#receive(await this.#tree(path, localFolder, options.signal), options);
  }

  /** Into temporary files beside their places, and from there into them once all have arrived as they were sent. */
  async #send(local: readonly LocalFile[], { signal, onProgress }: TransferOptions): Promise<void> {
    const files: Outgoing[] = [];
    for (const file of local) files.push(await this.#known(file, signal));
    const alike = files.filter(({ size, old }) => old?.size === size);
    const digests = remoteDigests(this.#run, signal);
    const present = await digests(alike.map(({ path }) => path));
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const sent = files.filter(({ path, sha256 }) => present.get(path)?.sha256 !== sha256);
    for (const folder of new Set(sent.map(({ path }) => posix.dirname(path)))) await this.#tidy(folder, files, signal);
    let before = total - sent.reduce((sum, { size }) => sum + size, 0);
    onProgress?.(before, total);
    for (const file of sent) {
      const start = before;
      const source = { size: file.size, open: () => createReadStream(file.local, { highWaterMark: 256 * 1024 }) };
      const tell = (bytes: number) => onProgress?.(start + bytes, total);
      await this.#operations.write(windowsPath(file.temporary), source, { signal, onProgress: tell });
      before += file.size;
    }
    const arrived = await digests(sent.map(({ temporary }) => temporary));
    for (const { local: from, path, temporary, sha256 } of sent) {
      if (arrived.get(temporary)?.sha256 === sha256) continue;
      for (const file of sent) await this.#operations.deleteFile(windowsPath(file.temporary), { signal });
      throw digestDiffers(path, from, sha256);
    }
    for (const { temporary, path, old } of sent)
      await moveOver(this.#operations, windowsPath(temporary), windowsPath(path), {
        readOnly: old?.readOnly === true,
        signal,
      });
  }

  /** What earlier attempts left of the same files with another content would stay in the image for ever. */
  async #tidy(folder: string, present: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    for (const { name, kind } of (await this.#operations.list(windowsPath(folder), { signal })) ?? []) {
      const path = `${folder}/${name}`;
      if (kind === 'file' && isLeftOver(path, present))
        await this.#operations.deleteFile(windowsPath(path), { signal });
    }
  }

  async #known(file: LocalFile, signal: AbortSignal): Promise<Outgoing> {
    await using handle = await openLocal(file);
    const { size } = await handle.stat();
    const sha256 = await localDigest(handle, size, signal);
    const [old] = (await this.#operations.list(windowsPath(file.path), { signal })) ?? [];
    return { ...file, size, sha256, old, temporary: temporaryPath(file.path, sha256) };
  }

  async #receive(files: readonly RemoteFile[], { signal, onProgress }: TransferOptions): Promise<void> {
    const digests = await remoteDigests(this.#run, signal)(files.map(({ path }) => path));
    const total = [...digests.values()].reduce((sum, { size }) => sum + size, 0);
    let before = 0;
    for (const { path, local } of files) {
      const digest = digests.get(path);
      if (digest === undefined) throw missing(path);
      const start = before;
      await this.#receiveOne(path, local, digest, signal, (bytes) => onProgress?.(start + bytes, total));
      before += digest.size;
    }
  }

  /** A file that grows meanwhile, such as a log, comes as long as it was when it was digested. */
  async #receiveOne(
    path: string,
    local: string,
    { size, sha256 }: FileDigest,
    signal: AbortSignal,
    tell: (bytes: number) => void,
  ): Promise<void> {
    await mkdir(dirname(local), { recursive: true });
    const part = `${local}.part`;
    await using file = await open(part, 'w+');
    const sink = () => {
      let at = 0;
      return async (bytes: Uint8Array) => {
        const wanted = bytes.subarray(0, Math.max(0, size - at));
        await file.write(wanted, 0, wanted.length, at);
        at += wanted.length;
        tell(at);
      };
    };
    if ((await this.#operations.receive(windowsPath(path), sink, { signal })) === undefined) throw missing(path);
    const length = (await file.stat()).size;
    if (length === size && (await localDigest(file, size, signal)) === sha256) return rename(part, local);
    await rm(part, { force: true });
    throw digestDiffers(local, path, sha256);
  }

  async #tree(folder: string, local: string, signal: AbortSignal): Promise<readonly RemoteFile[]> {
    const entries = await this.#operations.list(windowsPath(folder), { signal });
    if (entries === undefined) throw missing(folder);
    await mkdir(local, { recursive: true });
    const found: RemoteFile[] = [];
    for (const { name, kind } of entries) {
      if (name === '.' || name === '..') continue;
      const path = `${folder}/${name}`;
      // What the other side says becomes a path on this machine.
      if (kind === 'other' || name === '' || /[/\\\0]/.test(name)) throw odd(path);
      const below = join(local, name);
      if (kind === 'folder') found.push(...(await this.#tree(path, below, signal)));
      else found.push({ path, local: below });
    }
    return found;
  }
}

function missing(path: string): GuestError {
  return new GuestError('guest.file', `Expected ${path} in the guest, found nothing there.`, {
    remedy: 'Check the path; it begins with a slash and the drive: /C:/folder/file.',
  });
}

function odd(path: string): GuestError {
  return new GuestError('guest.file', `Expected files and folders only, found ${JSON.stringify(path)} in the guest.`, {
    remedy: 'Links and junctions are not followed: name the folder that they lead to.',
  });
}

function digestDiffers(arrived: string, sent: string, sha256: string): GuestError {
  return new GuestError(
    'guest.digest',
    `Expected ${arrived} to have the SHA-256 of ${sent} (${sha256}), found another one.`,
    {
      retryable: true,
      remedy: 'Look whether the file is being changed meanwhile, and whether a virus scanner in the guest changes it.',
    },
  );
}
