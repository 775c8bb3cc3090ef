import { IngotError } from '../../common/failure.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import { bufferSource } from '../../iso/source.ts';

/** A small generator of random numbers, so that a seed gives the same mutations everywhere (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** CRC-16 of UDF, bit by bit: not the table of the reader. */
export function crc(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) value = ((value << 1) ^ (value & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return value;
}

/** Makes CRC and checksum of the UDF descriptor at an offset right, so that a mutation gets past them. */
export function seal(image: Buffer, offset: number): void {
  const length = image.readUInt16LE(offset + 10);
  image.writeUInt16LE(crc(image.subarray(offset + 16, Math.min(offset + 16 + length, image.length))), offset + 8);
  let sum = 0;
  for (let at = 0; at < 16; at += 1) if (at !== 4) sum += image[offset + at] ?? 0;
  image[offset + 4] = sum & 0xff;
}

const KNOWN_TAGS = [1, 2, 3, 5, 6, 8, 256, 257, 258, 261, 266];

/** Whether what begins at an offset looks like a UDF descriptor: a known tag with the right checksum. */
export function looksLikeDescriptor(image: Buffer, offset: number): boolean {
  if (!KNOWN_TAGS.includes(image.readUInt16LE(offset)) || image.readUInt16LE(offset + 2) > 3) return false;
  let sum = 0;
  for (let at = 0; at < 16; at += 1) if (at !== 4) sum += image[offset + at] ?? 0;
  return (sum & 0xff) === image[offset + 4];
}

/** Inspects an image; gives the code of the error, or 'read'. Anything but an error of this room is thrown. */
export async function outcome(image: Buffer): Promise<string> {
  try {
    await inspectMedia(bufferSource(image));
    return 'read';
  } catch (error) {
    if (error instanceof IngotError && error.code.startsWith('iso.')) return error.code;
    throw error;
  }
}
