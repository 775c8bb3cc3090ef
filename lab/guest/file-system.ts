/** A file or folder of the modelled NTFS volume. */
export interface NtfsEntry {
  /** Path as it was written, with `/` and no leading slash: `C:/ProgramData/x`. */
  readonly path: string;
  readonly folder: boolean;
  readonly content: Buffer;
  /** Security descriptor in SDDL; undefined: inherited from the folder. */
  readonly acl: string | undefined;
  readonly readOnly: boolean;
  /** Seconds since 1970. */
  readonly modified: number;
}

/** Why a change was refused, in the words of the Win32 error. */
export type NtfsRefusal = 'not-found' | 'exists' | 'access-denied' | 'not-empty';

/** What comes with Windows: folders that scripts may write to without making them first. */
const FOLDERS = [
  'C:',
  'C:/ProgramData',
  'C:/Windows',
  'C:/Windows/System32',
  'C:/Windows/Temp',
  'C:/Users/Administrator',
];

/** An in-memory NTFS volume C: names keep their case and are found without regard to it. Entries never change in place. */
export class FileSystem {
  readonly #entries: Map<string, NtfsEntry>;

  constructor(entries?: ReadonlyMap<string, NtfsEntry>) {
    this.#entries = new Map(entries);
    if (entries === undefined) for (const path of FOLDERS) this.makeFolder(path);
  }

  /** A volume of entries as `all` gives them. */
  static of(entries: readonly NtfsEntry[]): FileSystem {
    const all = entries.map((entry) => [key(entry.path), { ...entry, content: Buffer.from(entry.content) }] as const);
    return new FileSystem(new Map(all));
  }

  /** A copy that shares the contents. */
  clone(): FileSystem {
    return new FileSystem(this.#entries);
  }

  get(path: string): NtfsEntry | undefined {
    return this.#entries.get(key(path));
  }

  read(path: string): Buffer | undefined {
    const entry = this.get(path);
    return entry === undefined || entry.folder ? undefined : entry.content;
  }

  /** Writes a whole file; what an existing one has besides its content stays. */
  write(path: string, content: Buffer | string, options: { acl?: string } = {}): NtfsRefusal | undefined {
    const parent = this.#entries.get(parentKey(path));
    if (parent === undefined || !parent.folder) return 'not-found';
    const old = this.get(path);
    if (old?.folder || old?.readOnly) return 'access-denied';
    this.#entries.set(key(path), {
      path: old?.path ?? canonical(path),
      folder: false,
      content: typeof content === 'string' ? Buffer.from(content, 'utf8') : content,
      acl: options.acl ?? old?.acl,
      readOnly: false,
      modified: Math.floor(Date.now() / 1000),
    });
    return undefined;
  }

  /** Makes a folder and all that lead to it. */
  makeFolder(path: string, options: { acl?: string } = {}): void {
    const parts = canonical(path).split('/');
    for (let count = 1; count <= parts.length; count++) {
      const part = parts.slice(0, count).join('/');
      const last = count === parts.length;
      const old = this.#entries.get(key(part));
      if (old !== undefined && !(last && options.acl !== undefined)) continue;
      this.#entries.set(key(part), {
        path: old?.path ?? part,
        folder: true,
        content: Buffer.alloc(0),
        acl: last ? options.acl : undefined,
        readOnly: false,
        modified: Math.floor(Date.now() / 1000),
      });
    }
  }

  /** Changes what is not content. */
  change(
    path: string,
    what: { acl?: string | undefined; readOnly?: boolean; modified?: number },
  ): NtfsRefusal | undefined {
    const old = this.get(path);
    if (old === undefined) return 'not-found';
    this.#entries.set(key(path), { ...old, ...what });
    return undefined;
  }

  /** Direct children of a folder; undefined if it is none. */
  list(path: string): NtfsEntry[] | undefined {
    if (!this.get(path)?.folder) return undefined;
    const parent = key(path);
    return [...this.#entries]
      .filter(([child]) => child !== parent && parentKey(child) === parent)
      .map(([, entry]) => entry);
  }

  /** Every file and folder. */
  all(): NtfsEntry[] {
    return [...this.#entries.values()];
  }

  /** Removes a file, or a folder with all below it. */
  removeTree(path: string): string[] {
    const gone = [...this.#entries].filter(([child]) => child === key(path) || child.startsWith(`${key(path)}/`));
    for (const [child] of gone) this.#entries.delete(child);
    return gone.map(([, entry]) => entry.path);
  }

  removeFile(path: string): NtfsRefusal | undefined {
    const old = this.get(path);
    if (old === undefined) return 'not-found';
    if (old.folder || old.readOnly) return 'access-denied';
    this.#entries.delete(key(path));
    return undefined;
  }

  removeFolder(path: string): NtfsRefusal | undefined {
    const children = this.list(path);
    if (children === undefined) return 'not-found';
    if (children.length > 0) return 'not-empty';
    this.#entries.delete(key(path));
    return undefined;
  }

  /** Moves a file or a tree. `replace` lets a file take the place of another, as POSIX rename does. */
  rename(from: string, to: string, replace: boolean): NtfsRefusal | undefined {
    const source = this.get(from);
    if (source === undefined || !this.#entries.get(parentKey(to))?.folder) return 'not-found';
    const target = this.get(to);
    if (target !== undefined && key(from) !== key(to)) {
      if (!replace) return 'exists';
      if (target.folder || target.readOnly || source.folder) return 'access-denied';
    }
    const prefix = key(from);
    for (const [child, entry] of [...this.#entries]) {
      if (child !== prefix && !child.startsWith(`${prefix}/`)) continue;
      this.#entries.delete(child);
      const path = canonical(to) + entry.path.slice(source.path.length);
      this.#entries.set(key(path), { ...entry, path });
    }
    return undefined;
  }
}

/** `C:\a\b`, `/C:/a/b` and `c:/a/b/` as one path `C:/a/b`. */
export function canonical(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/').replace(/^[a-z]:/, (drive) => drive.toUpperCase());
}

function key(path: string): string {
  return canonical(path).toLowerCase();
}

function parentKey(path: string): string {
  const own = key(path);
  return own.slice(0, Math.max(0, own.lastIndexOf('/')));
}
