import { badPaths, isoNames, jolietName, type PathProblem, pathProblem, windowsKey } from './names.ts';

/** Where the bytes of a file on the disc come from: memory, or a file of this machine. */
export type IsoContent = { readonly data: Uint8Array } | { readonly file: string; readonly state?: FileState };

/** What a file was when it was found; when it is read it must be the same. */
export interface FileState {
  /** Bytes. */
  readonly size: number;
  /** Inode and modification time, in milliseconds with fractions. */
  readonly ino: number;
  readonly mtimeMs: number;
}

/** One file to write, or a folder (needed only for an empty one); `path` is separated by `/`, its folders are made. */
export type IsoEntry = { readonly path: string } & (IsoContent | { readonly folder: true });

/** An entry whose bytes are known by number. */
export type SizedEntry = { readonly path: string } & (
  | { readonly content: SizedContent; readonly size: number }
  | { readonly folder: true }
);
export type SizedContent = { readonly data: Uint8Array } | { readonly file: string; readonly state: FileState };

export interface IsoFile {
  readonly kind: 'file';
  readonly path: string;
  readonly name: string;
  readonly content: SizedContent;
  /** Bytes. */
  readonly size: number;
}

export interface IsoFolder {
  readonly kind: 'folder';
  readonly path: string;
  readonly name: string;
  readonly children: Map<string, IsoNode>;
}

export type IsoNode = IsoFile | IsoFolder;

/**
 * Builds the tree of folders. Names that differ only in case are refused: Windows could not tell them apart.
 *
 * @throws IngotError `iso.path` with all paths that do not fit
 */
export function buildTree(entries: readonly SizedEntry[]): IsoFolder {
  const root: IsoFolder = { kind: 'folder', path: '', name: '', children: new Map() };
  const problems = entries.flatMap((entry) => pathProblem(entry.path) ?? place(root, entry) ?? []);
  if (problems.length > 0) throw badPaths(problems);
  return root;
}

/** Puts an entry into the tree; what is in its way is the problem. */
function place(root: IsoFolder, entry: SizedEntry): PathProblem | undefined {
  const inTheWay = (found: string) => ({ path: entry.path, found, remedy: 'Rename one of the two.' });
  const names = entry.path.split('/');
  const last = 'folder' in entry ? undefined : names.pop();
  let folder = root;
  for (const [index, name] of names.entries()) {
    const key = windowsKey(name);
    const known = folder.children.get(key);
    if (known === undefined) {
      const path = names.slice(0, index + 1).join('/');
      const made: IsoFolder = { kind: 'folder', path, name, children: new Map() };
      folder.children.set(key, made);
      folder = made;
    } else if (known.kind === 'file') {
      return inTheWay(`“${known.path}” is a file`);
    } else if (known.name !== name) {
      return inTheWay(`“${known.path}” differs only in case, which Windows cannot tell apart`);
    } else {
      folder = known;
    }
  }
  if (last === undefined || 'folder' in entry) return undefined;
  const key = windowsKey(last);
  const known = folder.children.get(key);
  if (known !== undefined) return inTheWay(`“${known.path}” is there already, and Windows cannot tell them apart`);
  folder.children.set(key, {
    kind: 'file',
    path: entry.path,
    name: last,
    content: entry.content,
    size: entry.size,
  });
  return undefined;
}

/** The children of a folder by the UTF-16 units of their names: the order of Joliet, and one that never depends on the order of the entries. */
export function byName(folder: IsoFolder): readonly IsoNode[] {
  let sorted = orders.get(folder);
  if (sorted === undefined) {
    sorted = [...folder.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    orders.set(folder, sorted);
  }
  return sorted;
}

/** Three walks need the same order. */
const orders = new WeakMap<IsoFolder, readonly IsoNode[]>();

/** One of the two trees of names that a disc has. */
export interface Naming {
  /** The children of a folder with their identifiers, in the order that the standard asks for. */
  children(folder: IsoFolder): readonly { readonly node: IsoNode; readonly identifier: Buffer }[];
}

/** ISO 9660 level 1: upper-case 8.3 names with a version number (ECMA-119 9.3). */
export const plainNaming: Naming = {
  children(folder) {
    const nodes = byName(folder);
    const names = isoNames(nodes.map((node) => ({ name: node.name, folder: node.kind === 'folder' })));
    return nodes
      .map((node, index) => ({ node, name: names[index] ?? '' }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ node, name }) => ({
        node,
        identifier: Buffer.from(node.kind === 'file' ? `${name};1` : name, 'latin1'),
      }));
  },
};

/** Joliet: the names as they are, without a version number, as Windows' own discs have them. */
export const jolietNaming: Naming = {
  children: (folder) => byName(folder).map((node) => ({ node, identifier: jolietName(node.name) })),
};
