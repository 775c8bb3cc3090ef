import type { Structure } from '../structure.ts';

/** Tag identifiers of ECMA-167 3/7.2.1 and 4/7.2.1 that this reader knows. */
export const TAG = {
  primaryVolume: 1,
  anchor: 2,
  volumePointer: 3,
  partition: 5,
  logicalVolume: 6,
  terminating: 8,
  fileSet: 256,
  fileIdentifier: 257,
  allocationExtent: 258,
  fileEntry: 261,
  extendedFileEntry: 266,
} as const;

export const TAG_LENGTH = 16;

/**
 * The tag identifier of a descriptor, or undefined when the 16-byte tag or the CRC of what it covers is wrong
 * (ECMA-167 3/7.2). A CRC length past the block is not checked: some writers record one, and readers accept it.
 */
export function tagOf(structure: Structure): number | undefined {
  const tag = structure.slice(0, TAG_LENGTH);
  let sum = 0;
  for (const [index, byte] of tag.entries()) if (index !== 4) sum += byte;
  if ((sum & 0xff) !== tag[4]) return undefined;
  const covered = structure.u16(10);
  if (TAG_LENGTH + covered <= structure.length) {
    if (crc16(structure.slice(TAG_LENGTH, covered)) !== structure.u16(8)) return undefined;
  }
  return structure.u16(0);
}

/** The structure, after proof that it is what the caller expects. */
export function expectTag(structure: Structure, ...expected: readonly number[]): number {
  const tag = tagOf(structure);
  if (tag === undefined || !expected.includes(tag)) {
    const found = tag === undefined ? 'none with a valid checksum' : String(tag);
    throw structure.corrupt(`expected descriptor tag ${expected.join(' or ')}, found ${found}`);
  }
  return tag;
}

/** CRC-16 of ECMA-167 7.2.6: polynomial 0x1021, initial value 0, most significant bit first. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  return crc;
});

/**
 * OSTA compressed Unicode (UDF 2.1.1): the first byte says 8 or 16 bits a character, 16-bit ones are big-endian.
 * 254 and 255 mark the names of deleted entries in the same two widths.
 */
export function compressedUnicode(bytes: Buffer, owner: Structure): string {
  if (bytes.length === 0) return '';
  const text = bytes.subarray(1);
  const width = bytes[0];
  if (width === 8 || width === 254) return text.toString('latin1');
  if ((width === 16 || width === 255) && text.length % 2 === 0) return Buffer.from(text).swap16().toString('utf16le');
  throw owner.corrupt(`a name begins with compression id ${width} and has ${text.length} bytes`);
}

/** A dstring (ECMA-167 1/7.2.12): a fixed field whose last byte is the length in use. */
export function dstring(structure: Structure, at: number, length: number): string {
  const field = structure.slice(at, length);
  const used = field[length - 1] ?? 0;
  if (used > length - 1) throw structure.corrupt(`the text at +${at} says it has ${used} of ${length - 1} bytes`);
  return compressedUnicode(field.subarray(0, used), structure).replace(/\0+$/, '');
}
