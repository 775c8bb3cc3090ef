import { open, stat } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import { SECTOR, sectors } from '../sector.ts';
import { terminator, volumeDescriptor } from './descriptors.ts';
import { directoryBytes, directorySectors, pathTable, planHierarchy } from './hierarchy.ts';

import { buildTree, type IsoEntry, type IsoFile, type IsoFolder, jolietNaming, plainNaming } from './tree.ts';

export interface IsoOptions {
  /** 1 to 16 of A-Z, 0-9 and _: what ISO 9660 and Joliet both can hold. */
  readonly volumeLabel: string;
  /** The date of everything on the disc, in whole seconds of UTC, 1970 to 2155. */
  readonly date: Date;
}

/** A disc whose bytes are made while they are read. Each iteration begins anew, so an upload can be repeated. */
export interface IsoImage extends AsyncIterable<Buffer> {
  /** Bytes of the whole disc. */
  readonly size: number;
}

const SYSTEM_SECTORS = 16;
const DESCRIPTORS = 3;
const CHUNK = 1024 * 1024;
const LARGEST_FILE = 2 ** 32 - SECTOR;

/**
 * Lays out an ISO 9660 level 1 disc with Joliet names (ECMA-119 2nd edition, Joliet specification 1995). The same
 * entries and options give the same bytes. Folders may lie deeper than the 8 levels of ISO 9660, as all readers accept.
 *
 * @throws IngotError `iso.label`, `iso.date`, `iso.path` (with the reason), `iso.file` (missing, or 4 GiB and more);
 *   while iterating `iso.file-changed`
 */
export async function writeIso(entries: readonly IsoEntry[], options: IsoOptions): Promise<IsoImage> {
  const { volumeLabel, date } = checkOptions(options);
  const root = buildTree(await Promise.all(entries.map(measured)));
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
  const files = allFiles(root);
  const fileSectors = new Map<IsoFile, number>();
  // An empty file still names a sector: one of the disc's own, so that no reader sees it outside.
  for (const file of files) fileSectors.set(file, file.size === 0 ? SYSTEM_SECTORS : reserve(sectors(file.size)));
  const size = next * SECTOR;

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
      directoryBytes(hierarchy, first, (file) => fileSectors.get(file) ?? 0, date),
    );
    return Buffer.concat([
      Buffer.alloc(SYSTEM_SECTORS * SECTOR),
      ...descriptors,
      terminator(),
      ...tables,
      ...directories,
    ]);
  };
  return { size, [Symbol.asyncIterator]: () => chunks(head(), files) };
}

function checkOptions({ volumeLabel, date }: IsoOptions): IsoOptions {
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

async function measured(entry: IsoEntry): Promise<IsoEntry & { size: number }> {
  const size = 'data' in entry ? entry.data.length : await fileSize(entry.file);
  if (size > LARGEST_FILE) {
    throw new IngotError('iso.file', `Expected files under 4 GiB on the disc, found ${entry.path} with ${size} bytes`, {
      remedy: 'Leave it out, or copy it to the guest later.',
    });
  }
  return { ...entry, size };
}

async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return found.size;
  throw new IngotError(
    'iso.file',
    `Expected a file at ${path}, found ${found === undefined ? 'nothing' : 'something else'}`,
    {
      remedy: 'Check the path.',
    },
  );
}

function allFiles(folder: IsoFolder): readonly IsoFile[] {
  const nodes = [...folder.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return nodes.flatMap((node) => (node.kind === 'file' ? [node] : allFiles(node)));
}

/** The disc's bytes: small files are gathered into chunks of up to 1 MiB, large ones pass in chunks of their own. */
async function* chunks(head: Buffer, files: readonly IsoFile[]): AsyncGenerator<Buffer, void, undefined> {
  let gathered: Buffer[] = [head];
  let length = head.length;
  for (const file of files) {
    for await (const bytes of contentBytes(file)) {
      if (length + bytes.length > CHUNK && length > 0) {
        yield join(gathered, length);
        gathered = [];
        length = 0;
      }
      gathered.push(bytes);
      length += bytes.length;
    }
    const padding = sectors(file.size) * SECTOR - file.size;
    if (padding > 0) gathered.push(Buffer.alloc(padding));
    length += padding;
  }
  if (length > 0) yield join(gathered, length);
}

function join(buffers: readonly Buffer[], length: number): Buffer {
  const [only] = buffers;
  return buffers.length === 1 && only !== undefined ? only : Buffer.concat(buffers, length);
}

async function* contentBytes(file: IsoFile): AsyncGenerator<Buffer, void, undefined> {
  if ('data' in file.content) {
    const { data } = file.content;
    if (data.length !== file.size) throw changed(file, data.length);
    yield Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return;
  }
  await using handle = await open(file.content.file, 'r');
  let done = 0;
  while (done < file.size) {
    const want = Math.min(CHUNK, file.size - done);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(want), 0, want, done);
    if (bytesRead === 0) throw changed(file, done);
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  const { size } = await handle.stat();
  if (size !== file.size) throw changed(file, size);
}

function changed(file: IsoFile, found: number): IngotError {
  return new IngotError('iso.file-changed', `Expected ${file.size} bytes of ${file.path}, found ${found}`, {
    remedy: 'Something wrote to the file while the disc was made: run the build again.',
    retryable: true,
  });
}
