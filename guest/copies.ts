import { mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { remoteDigests } from './digests.ts';
import { downloadFiles, remoteTree } from './download.ts';
import type { RemoteFiles, TransferOptions } from './files.ts';
import type { Guest } from './guest.ts';
import { localTree, openLocal } from './local-tree.ts';
import { uploadFiles } from './upload.ts';

/** The side of the guest: its files over SFTP, and a way to run a script. */
export interface CopyTarget {
  readonly run: Guest['run'];
  readonly files: (signal: AbortSignal) => Promise<RemoteFiles>;
  /** The path for SFTP of a path in the guest. */
  readonly place: (path: string) => string;
}

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
    const { run, place } = this.#target;
    const files = await this.#target.files(signal);
    return { files, place, digests: remoteDigests(run, signal), signal, onProgress };
  }
}
