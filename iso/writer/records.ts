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
  return (33 + identifier.length + 1) & ~1;
}

const FLAG_DIRECTORY = 0x02;

/** A directory record (ECMA-119 9.1). */
export function directoryRecord(
  identifier: Buffer,
  place: { readonly sector: number; readonly size: number },
  folder: boolean,
  date: Date,
): Buffer {
  const record = Buffer.alloc(recordLength(identifier));
  record.writeUInt8(record.length, 0);
  writeBoth32(record, place.sector, 2);
  writeBoth32(record, place.size, 10);
  recordDate(date).copy(record, 18);
  record.writeUInt8(folder ? FLAG_DIRECTORY : 0, 25);
  writeBoth16(record, 1, 28);
  record.writeUInt8(identifier.length, 32);
  identifier.copy(record, 33);
  return record;
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
