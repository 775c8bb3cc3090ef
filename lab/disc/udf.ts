import type { DiscFile, ReadAt, Volume } from './disc.ts';

const SECTOR = 2048;
const TAG = {
  anchor: 2,
  partition: 5,
  logicalVolume: 6,
  terminator: 8,
  fileSet: 256,
  identifier: 257,
  file: 261,
  extended: 266,
};
const FOLDER_FLAG = 0x02;
const PARENT_FLAG = 0x08;

interface Partition {
  readonly readAt: ReadAt;
  /** First sector of the partition. */
  readonly start: number;
}

interface Extents {
  /** Bytes of a file that lies inside its own entry. */
  readonly inline: Buffer | undefined;
  readonly sector: number;
  readonly size: number;
}

/**
 * Reads a UDF volume with one plain partition (ECMA-167 3rd edition, UDF 1.02), which is what Windows media are.
 * Undefined: no such UDF. Each file is taken to lie in one piece, as mastering tools write them.
 */
export async function readUdf(readAt: ReadAt): Promise<Volume | undefined> {
  const anchor = await readAt(256 * SECTOR, SECTOR);
  if (anchor.length < SECTOR || anchor.readUInt16LE(0) !== TAG.anchor) return undefined;
  const sectors = anchor.readUInt32LE(16) / SECTOR;
  const first = anchor.readUInt32LE(20);
  let start: number | undefined;
  let volume: Buffer | undefined;
  for (let index = 0; index < sectors; index++) {
    const bytes = await readAt((first + index) * SECTOR, SECTOR);
    const tag = bytes.readUInt16LE(0);
    if (tag === TAG.partition) start = bytes.readUInt32LE(188);
    if (tag === TAG.logicalVolume) volume = bytes;
    if (tag === TAG.terminator) break;
  }
  if (start === undefined || volume === undefined) return undefined;
  const partition: Partition = { readAt, start };
  const fileSet = await readAt((start + volume.readUInt32LE(252)) * SECTOR, SECTOR);
  if (fileSet.readUInt16LE(0) !== TAG.fileSet) return undefined;
  const files: DiscFile[] = [];
  await walk(partition, fileSet.readUInt32LE(404), '', files);
  return { label: characters(volume.subarray(84, 84 + (volume[211] ?? 0))), files };
}

async function walk(partition: Partition, block: number, prefix: string, files: DiscFile[]): Promise<void> {
  const bytes = await content(partition, await entry(partition, block));
  for (let at = 0; at + 38 <= bytes.length && bytes.readUInt16LE(at) === TAG.identifier; ) {
    const flags = bytes[at + 18] ?? 0;
    const nameLength = bytes[at + 19] ?? 0;
    const child = bytes.readUInt32LE(at + 24);
    const nameAt = at + 38 + bytes.readUInt16LE(at + 36);
    const path = prefix + characters(bytes.subarray(nameAt, nameAt + nameLength));
    at = nameAt + nameLength;
    at += (4 - (at % 4)) % 4;
    if ((flags & PARENT_FLAG) !== 0) continue;
    if ((flags & FOLDER_FLAG) !== 0) {
      await walk(partition, child, `${path}/`, files);
    } else {
      const extents = await entry(partition, child);
      files.push({ path, offset: extents.sector * SECTOR, size: extents.size });
    }
  }
}

/** A file entry's extent, in sectors of the disc. */
async function entry(partition: Partition, block: number): Promise<Extents> {
  const bytes = await partition.readAt((partition.start + block) * SECTOR, SECTOR);
  const tag = bytes.readUInt16LE(0);
  if (tag !== TAG.file && tag !== TAG.extended) throw new RangeError(`UDF: no file entry in block ${block}`);
  const size = Number(bytes.readBigUInt64LE(56));
  const head = tag === TAG.file ? 168 : 208;
  const descriptors = head + 8 + bytes.readUInt32LE(head);
  const kind = bytes.readUInt16LE(34) & 7;
  const inline = kind === 3 ? bytes.subarray(descriptors, descriptors + size) : undefined;
  const sector = size === 0 || inline !== undefined ? 0 : partition.start + bytes.readUInt32LE(descriptors + 4);
  return { inline, sector, size };
}

async function content(partition: Partition, extents: Extents): Promise<Buffer> {
  return extents.inline ?? partition.readAt(extents.sector * SECTOR, extents.size);
}

/** OSTA compressed Unicode: the first byte says 8 or 16 bits a character. */
function characters(bytes: Buffer): string {
  if (bytes[0] === 16)
    return Buffer.from(bytes.subarray(1, 1 + ((bytes.length - 1) & ~1)))
      .swap16()
      .toString('utf16le');
  return bytes.subarray(1).toString('latin1').replace(/\0+$/, '');
}
