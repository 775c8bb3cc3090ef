import { mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { type FileDigest, fileDigestSchema, type RemoteDigests } from './digests.ts';
import { downloadFiles, remoteTree } from './download.ts';
import type { RemoteFiles, TransferOptions } from './files.ts';
import type { Guest } from './guest.ts';
import { localTree, openLocal } from './local-tree.ts';
import { uploadFiles } from './upload.ts';
import { windowsPath } from './windows-names.ts';

/** The side of the guest: its files over SFTP, and a way to run a script. */
export interface CopyTarget {
  readonly run: Guest['run'];
  readonly files: (signal: AbortSignal) => Promise<RemoteFiles>;
  /** The path for SFTP of a path in the guest. */
  readonly place: (path: string) => string;
}

/** PowerShell starts in seconds; 100 MB a second is a slow disk. Together enough for 100 GB. */
const DIGEST_MS = 30 * 60_000;
const PATHS_A_CALL = 500;

/** Copies of files and folders, either way, each checked by a digest that the other side computes. */
export class Copies {
  readonly #target: CopyTarget;

  constructor(target: CopyTarget) {
    this.#target = target;
  }

  async upload(localPath: string, path: string, options: TransferOptions): Promise<void> {
    const side = await this.#side(options);
    await (await openLocal({ local: localPath, path })).close(); // Before anything is made there.
    await side.files.makeFolder(side.place(posix.dirname(path)));
    await uploadFiles([{ local: localPath, path }], side);
  }

  async uploadFolder(localFolder: string, path: string, options: TransferOptions): Promise<void> {
    const tree = await localTree(localFolder, path, options.signal);
    const side = await this.#side(options);
    for (const folder of tree.folders) await side.files.makeFolder(side.place(folder));
    await uploadFiles(tree.files, side);
  }

  async download(path: string, localPath: string, options: TransferOptions): Promise<void> {
    await downloadFiles([{ path, local: localPath }], await this.#side(options));
  }

  async downloadFolder(path: string, localFolder: string, options: TransferOptions): Promise<void> {
    const side = await this.#side(options);
    const tree = await remoteTree(path, localFolder, side);
    for (const folder of tree.folders) await mkdir(folder, { recursive: true });
    await downloadFiles(tree.files, side);
  }

  async #side({ signal, onProgress }: TransferOptions) {
    const files = await this.#target.files(signal);
    return { files, place: this.#target.place, digests: this.#digests(signal), signal, onProgress };
  }

  #digests(signal: AbortSignal): RemoteDigests {
    return async (paths) => {
      const found = new Map<string, FileDigest>();
      const byName = new Map(paths.map((path) => [windowsPath(path), path]));
      const names = [...byName.keys()];
      for (let at = 0; at < names.length; at += PATHS_A_CALL) {
        const options = { output: fileDigestSchema, timeoutMs: DIGEST_MS, signal };
        const parameters = { paths: names.slice(at, at + PATHS_A_CALL) };
        for (const { path, size, sha256 } of (await this.#target.run('file-digest.ps1', parameters, options)).files)
          found.set(byName.get(path) ?? path, { size, sha256 });
      }
      return found;
    };
  }
}
