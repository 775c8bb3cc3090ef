/** A 32-bit number in both byte orders (ECMA-119 7.3.3). */
export function writeBoth32(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt32LE(value, at);
  buffer.writeUInt32BE(value, at + 4);
}

/** A 16-bit number in both byte orders (ECMA-119 7.2.3). */
export function writeBoth16(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt16LE(value, at);
  buffer.writeUInt16BE(value, at + 2);
}

/** Length of a directory record: 33 bytes, the identifier, and a byte when that makes the number odd. */
export function recordLength(identifier: Buffer): number {
  return (FIXED + identifier.length + 1) & ~1;
}

const FIXED = 33;
const FLAG_DIRECTORY = 0x02;

/** Where the bytes of a file or folder lie. */
export interface Place {
  readonly sector: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * Writes directory records (ECMA-119 9.1) of one date into a buffer of zeros.
 *
 * @returns what writes one and says how long it is
 */
export function recordWriter(
  date: Date,
): (bytes: Buffer, at: number, identifier: Buffer, place: Place, folder: boolean) => number {
  const fixed = Buffer.alloc(FIXED);
  recordDate(date).copy(fixed, 18);
  writeBoth16(fixed, 1, 28);
  return (bytes, at, identifier, { sector, size }, folder) => {
    const length = recordLength(identifier);
    fixed[0] = length;
    writeBoth32(fixed, sector, 2);
    writeBoth32(fixed, size, 10);
    fixed[25] = folder ? FLAG_DIRECTORY : 0;
    fixed[32] = identifier.length;
    bytes.set(fixed, at);
    bytes.set(identifier, at + FIXED);
    return length;
  };
}

/** Date and time of a record (ECMA-119 9.1.5), in UTC. */
function recordDate(date: Date): Buffer {
  return Buffer.from([
    date.getUTCFullYear() - 1900,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
  ]);
}

/** Date and time of a volume descriptor (ECMA-119 8.4.26.1), in UTC; undefined: not specified. */
export function volumeDate(date: Date | undefined): Buffer {
  const digits = date === undefined ? '0'.repeat(16) : `${date.toISOString().replace(/\D/g, '').slice(0, 14)}00`;
  return Buffer.concat([Buffer.from(digits, 'latin1'), Buffer.from([0])]);
}
