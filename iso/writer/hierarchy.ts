import { IngotError } from '../../common/failure.ts';
import { SECTOR, sectors } from '../sector.ts';
import { type Place, recordLength, recordWriter } from './records.ts';
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

/** A path table names a folder's parent by a number of 16 bits. */
const MOST_FOLDERS = 0xffff;

/**
 * Lays the folders out in path table order: by level, then by parent, then by name (ECMA-119 6.9.1).
 *
 * @throws IngotError `iso.too-many-folders`
 */
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
    if (queue.length > MOST_FOLDERS) {
      throw new IngotError('iso.too-many-folders', `Expected at most ${MOST_FOLDERS - 1} folders, found more`, {
        remedy: 'Put them into an archive on the disc.',
      });
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
  for (const { identifier } of children) {
    const length = recordLength(identifier);
    at = fit(at, length) + length;
  }
  return sectors(at) * SECTOR;
}

/** Where a record of this length begins: where the last one ended, or at the next sector. */
function fit(at: number, length: number): number {
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
  filePlace: (file: IsoFile) => Place,
  date: Date,
): Buffer {
  const { directories } = hierarchy;
  const bytes = Buffer.alloc(hierarchy.sectors * SECTOR);
  const writeRecord = recordWriter(date);
  const places = directorySectors(hierarchy, first).map((sector, index) => ({
    sector,
    size: directories[index]?.size ?? 0,
  }));
  const nowhere: Place = { sector: 0, size: 0 };
  const byFolder = new Map(directories.map(({ folder }, index) => [folder, places[index]]));
  for (const [index, { parent, children }] of directories.entries()) {
    const place = places[index] ?? nowhere;
    const begin = (place.sector - first) * SECTOR;
    let at = 0;
    const add = (identifier: Buffer, target: Place, folder: boolean) => {
      at = fit(at, recordLength(identifier));
      at += writeRecord(bytes, begin + at, identifier, target, folder);
    };
    add(SELF, place, true);
    add(PARENT, places[parent] ?? nowhere, true);
    for (const { node, identifier } of children) {
      if (node.kind === 'file') add(identifier, filePlace(node), false);
      else add(identifier, byFolder.get(node) ?? nowhere, true);
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
