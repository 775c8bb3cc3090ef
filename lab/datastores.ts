import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = /^govcsim-(?<datacenter>.+?)-(?<datastore>.+)-\d+$/;

/** vcsim's datastores as it keeps them on disk: one folder each below the lab's state folder. */
export class Datastores {
  readonly #stateDir: string;
  #folders: Map<string, string> | undefined;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  async names(): Promise<string[]> {
    return [...(await this.#all()).keys()];
  }

  /** The path on disk of `[datastore] a/b.iso`; undefined if the datastore is unknown or the path leaves it. */
  async resolve(file: string): Promise<string | undefined> {
    const { datastore, path } = splitPath(file);
    const folder = (await this.#all()).get(datastore);
    if (folder === undefined) return undefined;
    const full = join(folder, path);
    return full === folder || full.startsWith(`${folder}/`) ? full : undefined;
  }

  async #all(): Promise<Map<string, string>> {
    if (this.#folders === undefined) {
      this.#folders = new Map();
      for (const name of await readdir(this.#stateDir)) {
        const datastore = FOLDER.exec(name)?.groups?.datastore;
        if (datastore !== undefined) this.#folders.set(datastore, join(this.#stateDir, name));
      }
    }
    return this.#folders;
  }
}

/** `[datastore] a/b.iso` in its parts. */
export function splitPath(file: string): { datastore: string; path: string } {
  const match = /^\[([^\]]*)\]\s*(.*)$/.exec(file);
  return { datastore: match?.[1] ?? '', path: match?.[2] ?? '' };
}
