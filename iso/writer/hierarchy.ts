import { SECTOR, sectors } from '../sector.ts';
import { directoryRecord, recordLength } from './records.ts';
import type { IsoFile, IsoFolder, IsoNode, Naming } from './tree.ts';

const SELF = Buffer.from([0]);
const PARENT = Buffer.from([1]);

interface Child {
  readonly node: IsoNode;
  readonly identifier: Buffer;
}

interface Directory {
  readonly folder: IsoFolder;
  readonly identifier: Buffer;
  /** Position of its parent in the path table, from 0; the root is its own. */
  readonly parent: number;
  readonly children: readonly Child[];
  /** Bytes, whole sectors. */
  readonly size: number;
}

/** Sizes of one of the disc's two trees, known before anything has its place. */
export interface Hierarchy {
  readonly directories: readonly Directory[];
  /** Bytes of one path table. */
  readonly pathTableSize: number;
  /** Sectors of all directories. */
  readonly sectors: number;
}

/** Lays the folders out in path table order: by level, then by parent, then by name (ECMA-119 6.9.1). */
export function planHierarchy(root: IsoFolder, naming: Naming): Hierarchy {
  const directories: Directory[] = [];
  const queue: { folder: IsoFolder; identifier: Buffer; parent: number }[] = [
    { folder: root, identifier: SELF, parent: 0 },
  ];
  for (let index = 0; index < queue.length; index += 1) {
    const entry = queue[index];
    if (entry === undefined) break;
    const children = naming.children(entry.folder);
    directories.push({ ...entry, children, size: directorySize(children) });
    for (const { node, identifier } of children) {
      if (node.kind === 'folder') queue.push({ folder: node, identifier, parent: index });
    }
  }
  return {
    directories,
    pathTableSize: directories.reduce((sum, { identifier }) => sum + pathRecordLength(identifier), 0),
    sectors: directories.reduce((sum, { size }) => sum + sectors(size), 0),
  };
}

/** Records never cross a sector (ECMA-119 6.8.1.1). */
function directorySize(children: readonly Child[]): number {
  let at = recordLength(SELF) + recordLength(PARENT);
  for (const { identifier } of children) at = place(at, recordLength(identifier)) + recordLength(identifier);
  return sectors(at) * SECTOR;
}

function place(at: number, length: number): number {
  const left = SECTOR - (at % SECTOR);
  return length > left ? at + left : at;
}

/** First sectors of the directories, in the order of the hierarchy. */
export function directorySectors(hierarchy: Hierarchy, first: number): readonly number[] {
  let next = first;
  return hierarchy.directories.map(({ size }) => {
    const sector = next;
    next += sectors(size);
    return sector;
  });
}

/** The bytes of all directories, in order. */
export function directoryBytes(
  hierarchy: Hierarchy,
  first: number,
  fileSector: (file: IsoFile) => number,
  date: Date,
): Buffer {
  const places = directorySectors(hierarchy, first);
  const bytes = Buffer.alloc(hierarchy.sectors * SECTOR);
  const byFolder = new Map(hierarchy.directories.map((directory, index) => [directory.folder, index]));
  const folderPlace = (index: number) => ({
    sector: places[index] ?? 0,
    size: hierarchy.directories[index]?.size ?? 0,
  });
  for (const [index, directory] of hierarchy.directories.entries()) {
    const begin = ((places[index] ?? first) - first) * SECTOR;
    let at = 0;
    const add = (record: Buffer) => {
      at = place(at, record.length);
      record.copy(bytes, begin + at);
      at += record.length;
    };
    add(directoryRecord(SELF, folderPlace(index), true, date));
    add(directoryRecord(PARENT, folderPlace(directory.parent), true, date));
    for (const { node, identifier } of directory.children) {
      if (node.kind === 'file')
        add(directoryRecord(identifier, { sector: fileSector(node), size: node.size }, false, date));
      else add(directoryRecord(identifier, folderPlace(byFolder.get(node) ?? 0), true, date));
    }
  }
  return bytes;
}

function pathRecordLength(identifier: Buffer): number {
  return (8 + identifier.length + 1) & ~1;
}

/** One path table (ECMA-119 9.4), little-endian (type L) or big-endian (type M), padded to whole sectors. */
export function pathTable(hierarchy: Hierarchy, first: number, order: 'little' | 'big'): Buffer {
  const places = directorySectors(hierarchy, first);
  const bytes = Buffer.alloc(sectors(hierarchy.pathTableSize) * SECTOR);
  let at = 0;
  for (const [index, { identifier, parent }] of hierarchy.directories.entries()) {
    bytes.writeUInt8(identifier.length, at);
    const sector = places[index] ?? 0;
    if (order === 'little') {
      bytes.writeUInt32LE(sector, at + 2);
      bytes.writeUInt16LE(parent + 1, at + 6);
    } else {
      bytes.writeUInt32BE(sector, at + 2);
      bytes.writeUInt16BE(parent + 1, at + 6);
    }
    identifier.copy(bytes, at + 8);
    at += pathRecordLength(identifier);
  }
  return bytes;
}
