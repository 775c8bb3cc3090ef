import { IngotError } from '../../common/failure.ts';
import { SECTOR, sectors } from '../sector.ts';
import { terminator, volumeDescriptor } from './descriptors.ts';
import { directoryBytes, directorySectors, pathTable, planHierarchy } from './hierarchy.ts';
import type { Place } from './records.ts';
import { buildTree, byName, type IsoFile, type IsoFolder, jolietNaming, plainNaming, type SizedEntry } from './tree.ts';

export interface IsoOptions {
  /** 1 to 16 of A-Z, 0-9 and _: what ISO 9660 and Joliet both can hold. */
  readonly volumeLabel: string;
  /** The date of everything on the disc, in whole seconds of UTC, 1970 to 2155. */
  readonly date: Date;
}

/** Where everything on a disc lies. */
export interface Layout {
  /** Bytes of the whole disc. */
  readonly size: number;
  /** All before the first file: descriptors, path tables, directories. */
  head(): Buffer;
  /** The files in the order of the disc, each padded to whole sectors, the first right behind the head. */
  readonly files: readonly IsoFile[];
  /** Folders, without the root. */
  readonly folders: number;
}

const SYSTEM_SECTORS = 16;
const DESCRIPTORS = 3;

/** Lays out the two trees and the files of a disc. */
export function layOut(entries: readonly SizedEntry[], options: IsoOptions): Layout {
  const { volumeLabel, date } = checkOptions(options);
  const root = buildTree(entries);
  const plain = planHierarchy(root, plainNaming);
  const joliet = planHierarchy(root, jolietNaming);

  let next = SYSTEM_SECTORS + DESCRIPTORS;
  const reserve = (count: number) => {
    const sector = next;
    next += count;
    return sector;
  };
  const trees = [plain, joliet].map((hierarchy) => ({
    hierarchy,
    littleTable: reserve(sectors(hierarchy.pathTableSize)),
    bigTable: reserve(sectors(hierarchy.pathTableSize)),
  }));
  const placed = trees.map((tree) => ({ ...tree, first: reserve(tree.hierarchy.sectors) }));
  const files: IsoFile[] = [];
  collectFiles(root, files);
  const places = new Map<IsoFile, Place>();
  for (const file of files) {
    const { size } = file;
    // An empty file still names a sector: one of the disc's own, so that no reader sees it outside.
    places.set(file, { sector: size === 0 ? SYSTEM_SECTORS : reserve(sectors(size)), size });
  }

  const head = () => {
    const descriptors = placed.map(({ hierarchy, littleTable, bigTable, first }, index) =>
      volumeDescriptor({
        joliet: index === 1,
        volumeLabel,
        date,
        volumeSectors: next,
        pathTableSize: hierarchy.pathTableSize,
        littleTable,
        bigTable,
        root: { sector: directorySectors(hierarchy, first)[0] ?? first, size: hierarchy.directories[0]?.size ?? 0 },
      }),
    );
    const tables = placed.flatMap(({ hierarchy, first }) => [
      pathTable(hierarchy, first, 'little'),
      pathTable(hierarchy, first, 'big'),
    ]);
    const directories = placed.map(({ hierarchy, first }) =>
      directoryBytes(hierarchy, first, (file) => places.get(file) ?? { sector: 0, size: 0 }, date),
    );
    return Buffer.concat([
      Buffer.alloc(SYSTEM_SECTORS * SECTOR),
      ...descriptors,
      terminator(),
      ...tables,
      ...directories,
    ]);
  };
  return { size: next * SECTOR, head, files, folders: plain.directories.length - 1 };
}

/** @throws IngotError `iso.label`, `iso.date` */
export function checkOptions({ volumeLabel, date }: IsoOptions): IsoOptions {
  if (!/^[A-Z0-9_]{1,16}$/.test(volumeLabel)) {
    throw new IngotError('iso.label', `Expected a volume label of 1 to 16 of A-Z, 0-9 and _, found “${volumeLabel}”`, {
      remedy: 'Choose another label.',
    });
  }
  const year = date.getUTCFullYear();
  if (!(year >= 1970 && year <= 2155)) {
    throw new IngotError('iso.date', `Expected a date from 1970 to 2155, found ${String(date)}`, {
      remedy: 'Choose another date.',
    });
  }
  return { volumeLabel, date };
}

/** All files below a folder, by name: the same order whatever the order of the entries. */
function collectFiles(folder: IsoFolder, files: IsoFile[]): void {
  for (const node of byName(folder)) {
    if (node.kind === 'file') files.push(node);
    else collectFiles(node, files);
  }
}
