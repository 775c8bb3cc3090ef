import { badPath, isoNames, jolietName, pathNames } from './names.ts';

/** Where the bytes of a file on the disc come from. */
export type IsoContent = { readonly data: Uint8Array } | { readonly file: string };

/** One file to write; `path` is separated by `/`, its folders are made. */
export type IsoEntry = { readonly path: string } & IsoContent;

export interface IsoFile {
  readonly kind: 'file';
  readonly path: string;
  readonly name: string;
  readonly content: IsoContent;
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

/** Builds the tree of folders. Names that differ only in case are refused: Windows could not tell them apart. */
export function buildTree(entries: readonly (IsoEntry & { readonly size: number })[]): IsoFolder {
  const root: IsoFolder = { kind: 'folder', path: '', name: '', children: new Map() };
  for (const entry of entries) {
    const names = pathNames(entry.path);
    let folder = root;
    for (const [index, name] of names.entries()) {
      const key = name.toLowerCase();
      const known = folder.children.get(key);
      const path = names.slice(0, index + 1).join('/');
      if (index === names.length - 1) {
        if (known !== undefined)
          throw badPath(entry.path, `“${known.path}” is there already`, 'Rename one of the two.');
        folder.children.set(key, { kind: 'file', path, name, content: entry, size: entry.size });
      } else if (known === undefined) {
        const made: IsoFolder = { kind: 'folder', path, name, children: new Map() };
        folder.children.set(key, made);
        folder = made;
      } else if (known.kind === 'folder') {
        folder = known;
      } else {
        throw badPath(entry.path, `“${known.path}” is a file`, 'Rename one of the two.');
      }
    }
  }
  return root;
}

/** One of the two trees of names that a disc has. */
export interface Naming {
  /** The children of a folder with their identifiers, in the order that the standard asks for. */
  children(folder: IsoFolder): readonly { readonly node: IsoNode; readonly identifier: Buffer }[];
}

/** ISO 9660 level 1: upper-case 8.3 names with a version number (ECMA-119 9.3). */
export const plainNaming: Naming = {
  children(folder) {
    const nodes = [...folder.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
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
  children(folder) {
    return [...folder.children.values()]
      .map((node) => ({ node, identifier: jolietName(node.name) }))
      .sort((a, b) => Buffer.compare(a.identifier, b.identifier));
  },
};
