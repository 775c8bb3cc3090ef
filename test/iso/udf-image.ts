import { seal } from './mutate.ts';

const BLOCK = 2048;
/** First block of the partition in the image. */
const PARTITION = 300;

export interface UdfVariant {
  /** What file entries are: tag 261 or 266. */
  readonly extended: boolean;
  /** Kind of allocation descriptors. */
  readonly allocation: 'short' | 'long' | 'extended' | 'embedded';
  /** Where directories and file entries lie. */
  readonly partition: 'physical' | 'sparable' | 'metadata' | 'virtual' | 'virtual-1.50';
  readonly names: 8 | 16;
  /** Allocation descriptors go on in a block of their own. */
  readonly continued?: boolean;
  /** The main volume descriptor sequence is damaged. */
  readonly reserveOnly?: boolean;
}

/** What the image holds: `folder/<name>`, this content, in extents of one block, the middle one not recorded. */
export const CONTENT = Buffer.concat([Buffer.alloc(BLOCK, 'a'), Buffer.alloc(BLOCK), Buffer.alloc(1000, 'c')]);
const MOVED: ReadonlyMap<number, number> = new Map([
  [0, 108],
  [40, 100],
]);
const PACKET = 4;
/** Blocks 0 to 30 of the virtual partition, the last one not allocated. */
const VIRTUAL_BLOCKS = 30;
const SPARING_TABLE = 120;
export const SMALL = Buffer.from('embedded in its entry');

/**
 * A UDF image written from ECMA-167 and UDF 2.60 for what no tool at hand writes. File set, folders and file entry are
 * blocks 0 to 3 of the partition; the metadata partition's are blocks 20 to 23 and 34 to 37, its file is at block 0. Of
 * the sparable partition, the packets of four blocks at 0 and 40 were moved to the sectors below. The virtual partition's table turns the order
 * of its blocks round; it is in the last sector, in the format of UDF 1.50 or of 2.00.
 */
export function udfImage(variant: UdfVariant, name: string): Buffer {
  const image = Buffer.alloc((PARTITION + 64) * BLOCK);
  const write = (sector: number, tag: number, fill: (block: Buffer) => number, location = sector) => {
    const block = Buffer.alloc(BLOCK);
    const length = fill(block);
    block.writeUInt16LE(tag, 0);
    block.writeUInt16LE(3, 2);
    block.writeUInt16LE(length - 16, 10);
    block.writeUInt32LE(location, 12);
    seal(block, 0);
    block.copy(image, sector * BLOCK);
  };
  for (const [index, id] of ['BEA01', 'NSR03', 'TEA01'].entries()) image.write(id, (16 + index) * BLOCK + 1, 'latin1');
  write(256, 2, (block) => {
    for (const [at, sector] of [
      [16, 32],
      [24, 48],
    ] as const) {
      block.writeUInt32LE(16 * BLOCK, at);
      block.writeUInt32LE(sector, at + 4);
    }
    return 512;
  });
  for (const first of variant.reserveOnly ? [48] : [32, 48]) volumeSequence(write, first, variant);

  const metadata = variant.partition === 'metadata';
  const virtual = variant.partition.startsWith('virtual');
  const mapped = metadata || virtual;
  const reference = mapped ? 1 : 0;
  /** Sector of a block of the partition that folders lie in. */
  const sector = (block: number) =>
    virtual
      ? PARTITION + VIRTUAL_BLOCKS - block
      : metadata
        ? PARTITION + (block < 4 ? 20 + block : 30 + block)
        : (moved(block, variant) ?? PARTITION + block);
  if (variant.partition === 'sparable') write(SPARING_TABLE, 0, sparingTable, 0);
  if (metadata) {
    write(
      PARTITION,
      266,
      (block) =>
        fileEntry(
          block,
          true,
          250,
          8 * BLOCK,
          0,
          shorts([
            [4 * BLOCK, 20],
            [4 * BLOCK, 34],
          ]),
        ),
      0,
    );
  }
  if (virtual) {
    const table = virtualTable(variant.partition === 'virtual-1.50');
    const type = variant.partition === 'virtual-1.50' ? 0 : 248;
    const last = image.length / BLOCK - 1;
    write(last, 266, (block) => fileEntry(block, true, type, table.length, 3, table), last - PARTITION);
  }
  const entry = (block: number, type: number, size: number, kind: number, area: Buffer) =>
    write(
      sector(block),
      variant.extended ? 266 : 261,
      (bytes) => fileEntry(bytes, variant.extended, type, size, kind, area),
      block,
    );

  write(
    sector(0),
    256,
    (block) => {
      longAt(block, 400, BLOCK, 1, reference);
      return 512;
    },
    0,
  );
  const embeddedDirectory = (records: Buffer) => [records.length, 3, records] as const;
  entry(
    1,
    4,
    ...embeddedDirectory(
      Buffer.concat([identifier('', 1, reference, 0x0a, 8), identifier('folder', 2, reference, 2, 8)]),
    ),
  );
  entry(
    2,
    4,
    ...embeddedDirectory(
      Buffer.concat([
        identifier('', 1, reference, 0x0a, 8),
        identifier('gone', 3, reference, 4, 8),
        identifier(name, 3, reference, 0, variant.names),
      ]),
    ),
  );

  // Data lies in the physical partition, at blocks 40, (41 not recorded), 42; short descriptors name the entry's own.
  const own = variant.allocation === 'short' && mapped;
  const data = [40, 42].map((block) => (own ? ([4, 6][block === 40 ? 0 : 1] ?? 0) : block));
  const place = (block: number) => (own ? sector(block) : (moved(block, variant) ?? PARTITION + block));
  CONTENT.subarray(0, BLOCK).copy(image, place(data[0] ?? 0) * BLOCK);
  CONTENT.subarray(2 * BLOCK).copy(image, place(data[1] ?? 0) * BLOCK);
  if (variant.allocation === 'embedded') {
    entry(3, 5, SMALL.length, 3, SMALL);
    return image;
  }
  const extents = [
    [0, BLOCK, data[0] ?? 0],
    [2, BLOCK, 0],
    [0, 1000, data[1] ?? 0],
  ] as const;
  const written = extents.map(([type, length, block]) => allocation(variant.allocation, type, length, block));
  const kind = { short: 0, long: 1, extended: 2 }[variant.allocation];
  if (variant.continued) {
    const next = allocation(variant.allocation, 3, BLOCK, own ? 5 : 50);
    entry(3, 5, CONTENT.length, kind, Buffer.concat([written[0] ?? Buffer.alloc(0), next]));
    const rest = Buffer.concat(written.slice(1));
    write(
      place(own ? 5 : 50),
      258,
      (block) => {
        block.writeUInt32LE(rest.length, 20);
        rest.copy(block, 24);
        return 24 + rest.length;
      },
      own ? 5 : 50,
    );
  } else entry(3, 5, CONTENT.length, kind, Buffer.concat(written));
  return image;
}

/** Sector of a block of a packet that was moved. */
function moved(block: number, variant: UdfVariant): number | undefined {
  const packet = MOVED.get(block - (block % PACKET));
  return packet === undefined || variant.partition !== 'sparable' ? undefined : packet + (block % PACKET);
}

/** UDF 2.2.12: the moved packets, and one entry that is free. */
function sparingTable(block: Buffer): number {
  block.write('*UDF Sparing Table', 17, 'latin1');
  const entries = [...MOVED, [0xffffffff, 104] as const];
  block.writeUInt16LE(entries.length, 48);
  for (const [index, [original, mapped]] of entries.entries()) {
    block.writeUInt32LE(original, 56 + 8 * index);
    block.writeUInt32LE(mapped, 60 + 8 * index);
  }
  return 56 + 8 * entries.length;
}

/** UDF 2.2.11: UDF 1.50 has a name and the place of the table before at the end, UDF 2.00 a header. */
function virtualTable(old: boolean): Buffer {
  const numbers = Buffer.alloc(4 * (VIRTUAL_BLOCKS + 1), 0xff);
  for (let block = 0; block < VIRTUAL_BLOCKS; block += 1) numbers.writeUInt32LE(VIRTUAL_BLOCKS - block, 4 * block);
  const [header, trailer] = [Buffer.alloc(152), Buffer.alloc(36)];
  header.writeUInt16LE(152, 0);
  trailer.write('*UDF Virtual Alloc Tbl', 1, 'latin1');
  return Buffer.concat(old ? [numbers, trailer] : [header, numbers]);
}

type Write = (sector: number, tag: number, fill: (block: Buffer) => number, location?: number) => void;

function volumeSequence(write: Write, first: number, variant: UdfVariant): void {
  write(first, 1, () => 512);
  write(first + 1, 5, (block) => {
    block.writeUInt16LE(7, 22);
    block.writeUInt32LE(PARTITION, 188);
    block.writeUInt32LE(64, 192);
    return 512;
  });
  write(first + 2, 6, (block) => {
    block.write('\x08LABEL', 84, 'latin1');
    block.writeUInt8(6, 84 + 127);
    block.writeUInt32LE(BLOCK, 212);
    longAt(block, 248, BLOCK, 0, ['physical', 'sparable'].includes(variant.partition) ? 0 : 1);
    const maps =
      variant.partition === 'physical'
        ? [physicalMap()]
        : variant.partition === 'sparable'
          ? [sparableMap()]
          : variant.partition === 'metadata'
            ? [physicalMap(), typeTwoMap('*UDF Metadata Partition')]
            : [physicalMap(), typeTwoMap('*UDF Virtual Partition')];
    const table = Buffer.concat(maps);
    block.writeUInt32LE(table.length, 264);
    block.writeUInt32LE(maps.length, 268);
    table.copy(block, 440);
    return 440 + table.length;
  });
  write(first + 3, 8, () => 512);
}

function physicalMap(): Buffer {
  const map = Buffer.alloc(6);
  map.set([1, 6, 1, 0, 7, 0]);
  return map;
}

function typeTwoMap(id: string): Buffer {
  const map = Buffer.alloc(64);
  map.set([2, 64]);
  map.write(id, 5, 'latin1');
  map.writeUInt16LE(1, 36);
  map.writeUInt16LE(7, 38);
  // Metadata file at block 0; its mirror would be at block 63. No bitmap; allocation and alignment units of 1 block.
  map.writeUInt32LE(63, 44);
  map.writeUInt32LE(0xffffffff, 48);
  map.writeUInt32LE(1, 52);
  map.writeUInt16LE(1, 56);
  return map;
}

function sparableMap(): Buffer {
  const map = typeTwoMap('*UDF Sparable Partition');
  map.fill(0, 40);
  map.writeUInt16LE(PACKET, 40);
  map.writeUInt8(2, 42);
  map.writeUInt32LE(BLOCK, 44);
  // The first copy of the table cannot be read.
  map.writeUInt32LE(SPARING_TABLE + 1, 48);
  map.writeUInt32LE(SPARING_TABLE, 52);
  return map;
}

function longAt(block: Buffer, at: number, length: number, location: number, partition: number): void {
  block.writeUInt32LE(length, at);
  block.writeUInt32LE(location, at + 4);
  block.writeUInt16LE(partition, at + 8);
}

function shorts(extents: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(extents.map(([length, block]) => allocation('short', 0, length, block)));
}

function allocation(kind: UdfVariant['allocation'], type: number, length: number, block: number): Buffer {
  const descriptor = Buffer.alloc(kind === 'short' ? 8 : kind === 'long' ? 16 : 20);
  descriptor.writeUInt32LE((length | (type << 30)) >>> 0, 0);
  if (kind === 'extended') {
    descriptor.writeUInt32LE(length, 4);
    descriptor.writeUInt32LE(length, 8);
  }
  descriptor.writeUInt32LE(block, kind === 'extended' ? 12 : 4);
  return descriptor;
}

function fileEntry(block: Buffer, extended: boolean, type: number, size: number, kind: number, area: Buffer): number {
  block.writeUInt16LE(4, 20);
  block.writeUInt8(type, 27);
  block.writeUInt16LE(kind, 34);
  block.writeUInt32LE(size, 56);
  block.writeUInt32LE(area.length, extended ? 212 : 172);
  const at = extended ? 216 : 176;
  area.copy(block, at);
  return at + area.length;
}

function identifier(name: string, block: number, partition: number, characteristics: number, width: 8 | 16): Buffer {
  const text = width === 8 ? Buffer.from(name, 'latin1') : Buffer.from(name, 'utf16le').swap16();
  const coded = name === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.from([width]), text]);
  const record = Buffer.alloc((38 + coded.length + 3) & ~3);
  record.writeUInt16LE(257, 0);
  record.writeUInt16LE(3, 2);
  record.writeUInt16LE(record.length - 16, 10);
  record.writeUInt8(characteristics, 18);
  record.writeUInt8(coded.length, 19);
  longAt(record, 20, BLOCK, block, partition);
  coded.copy(record, 38);
  seal(record, 0);
  return record;
}
