import { deflateSync, inflateSync } from 'node:zlib';

const SECTOR = 512;
const GRAIN_SECTORS = 128;
export const GRAIN = GRAIN_SECTORS * SECTOR;
const TABLE = 512;
const DESCRIPTOR_SECTORS = 20;
const OVERHEAD = 128;
const [END, GRAIN_TABLE, GRAIN_DIRECTORY, FOOTER] = [0, 1, 2, 3];

/**
 * A stream-optimized VMDK, as ESXi sends disks (“Virtual Disk Format 5.0”): a header, the text descriptor, each grain
 * compressed behind its marker, then grain tables, directory, footer and the end's marker. `grains` are the first ones of
 * the disk, 64 KiB each; the rest of the disk reads as zeroes.
 */
export async function* writeVmdk(capacityBytes: number, grains: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const sectors = Math.ceil(capacityBytes / GRAIN) * GRAIN_SECTORS;
  let at = 0;
  const emit = (bytes: Buffer) => {
    at += bytes.length / SECTOR;
    return bytes;
  };
  yield emit(header(sectors, -1n));
  yield emit(padTo(Buffer.from(descriptorOf(sectors)), (OVERHEAD - 1) * SECTOR));
  const offsets: number[] = [];
  let last: { readonly grain: Buffer; readonly data: Buffer } | undefined;
  for await (const grain of grains) {
    // The same again and again is compressed once.
    if (last?.grain !== grain) last = { grain, data: deflateSync(grain, { level: 1 }) };
    const { data } = last;
    const marker = Buffer.alloc(12);
    marker.writeBigUInt64LE(BigInt(offsets.length * GRAIN_SECTORS), 0);
    marker.writeUInt32LE(data.length, 8);
    offsets.push(at);
    yield emit(padTo(Buffer.concat([marker, data])));
  }
  const directory = Buffer.alloc(Math.ceil(sectors / GRAIN_SECTORS / TABLE) * 4);
  for (let first = 0; first < offsets.length; first += TABLE) {
    const table = Buffer.alloc(TABLE * 4);
    for (const [i, offset] of offsets.slice(first, first + TABLE).entries()) table.writeUInt32LE(offset, i * 4);
    yield emit(special(GRAIN_TABLE, table.length / SECTOR));
    directory.writeUInt32LE(at, (first / TABLE) * 4);
    yield emit(table);
  }
  const padded = padTo(directory);
  yield emit(special(GRAIN_DIRECTORY, padded.length / SECTOR));
  const directoryAt = BigInt(at);
  yield emit(padded);
  yield emit(special(FOOTER, 1));
  yield emit(header(sectors, directoryAt));
  yield emit(special(END, 0));
}

/** The beginning of the disk that a stream-optimized VMDK holds, as far as it was written; undefined if it is none. */
export function readVmdk(bytes: Buffer): Buffer | undefined {
  if (bytes.length < SECTOR || bytes.toString('latin1', 0, 4) !== 'KDMV') return undefined;
  const grains: Buffer[] = [];
  for (let at = Number(bytes.readBigUInt64LE(64)) * SECTOR; at + 16 <= bytes.length; ) {
    const value = Number(bytes.readBigUInt64LE(at));
    const size = bytes.readUInt32LE(at + 8);
    if (size > 0) {
      if (value === grains.length * GRAIN_SECTORS) grains.push(inflateSync(bytes.subarray(at + 12, at + 12 + size)));
      at += Math.ceil((12 + size) / SECTOR) * SECTOR;
    } else if (bytes.readUInt32LE(at + 12) === END) break;
    else at += (1 + value) * SECTOR;
  }
  return Buffer.concat(grains);
}

/** Some bytes as grains. */
export async function* grainsOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += GRAIN) yield padTo(bytes.subarray(at, at + GRAIN), GRAIN);
}

function header(sectors: number, directory: bigint): Buffer {
  const head = Buffer.alloc(SECTOR);
  head.write('KDMV', 0, 'latin1');
  head.writeUInt32LE(3, 4);
  // Line ends can be tested; grains are compressed; there are markers.
  head.writeUInt32LE(0x30001, 8);
  head.writeBigUInt64LE(BigInt(sectors), 12);
  head.writeBigUInt64LE(BigInt(GRAIN_SECTORS), 20);
  head.writeBigUInt64LE(1n, 28);
  head.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTORS), 36);
  head.writeUInt32LE(TABLE, 44);
  head.writeBigInt64LE(directory, 56);
  head.writeBigUInt64LE(BigInt(OVERHEAD), 64);
  head.write('\n \r\n', 73, 'latin1');
  head.writeUInt16LE(1, 77);
  return head;
}

function descriptorOf(sectors: number): string {
  const cylinders = Math.min(16_383, Math.floor(sectors / (16 * 63)));
  return [
    '# Disk DescriptorFile',
    'version=1',
    'CID=fffffffe',
    'parentCID=ffffffff',
    'createType="streamOptimized"',
    '',
    '# Extent description',
    `RDONLY ${sectors} SPARSE "disk.vmdk"`,
    '',
    '# The Disk Data Base',
    'ddb.adapterType = "lsilogic"',
    `ddb.geometry.cylinders = "${cylinders}"`,
    'ddb.geometry.heads = "16"',
    'ddb.geometry.sectors = "63"',
    'ddb.virtualHWVersion = "15"',
    '',
  ].join('\n');
}

function special(type: number | undefined, sectors: number): Buffer {
  const marker = Buffer.alloc(SECTOR);
  marker.writeBigUInt64LE(BigInt(sectors), 0);
  marker.writeUInt32LE(type ?? 0, 12);
  return marker;
}

function padTo(bytes: Buffer, size = Math.ceil(bytes.length / SECTOR) * SECTOR): Buffer {
  return bytes.length === size ? bytes : Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
}
