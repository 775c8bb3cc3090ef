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

/** Offsets of what looks like a UDF descriptor; file identifiers begin on any multiple of 4. */
export function descriptors(image: Buffer): readonly number[] {
  const found: number[] = [];
  for (let offset = 0; offset + 512 <= image.length; offset += 4) {
    if (!KNOWN_TAGS.includes(image.readUInt16LE(offset))) continue;
    let sum = 0;
    for (let at = 0; at < 16; at += 1) if (at !== 4) sum += image[offset + at] ?? 0;
    if ((sum & 0xff) === image[offset + 4] && image.readUInt32LE(offset) !== 0 && image.readUInt16LE(offset + 2) <= 3)
      found.push(offset);
  }
  return found;
}

const NASTY = [0, 1, 0x7f, 0x80, 0xff];

/** One mutated image: bits, bytes, numbers in descriptors (sealed again), or cut off. */
export function mutate(original: Buffer, offsets: readonly number[], next: (below: number) => number): Buffer {
  const image = Buffer.from(original);
  for (let count = 1 + next(4); count > 0; count -= 1) {
    const way = next(10);
    if (way === 0) return image.subarray(0, next(image.length));
    if (way <= 2) {
      const at = next(image.length);
      image[at] = (image[at] ?? 0) ^ (1 << next(8));
    } else if (way <= 4) {
      // Volume descriptors, boot catalogue and ISO directories have no checksum of their own.
      const at = 16 * 2048 + next(8 * 2048);
      image[at] = NASTY[next(NASTY.length)] ?? 0;
    } else {
      const offset = offsets[next(offsets.length)] ?? 0;
      const at = offset + 16 + next(way === 5 ? 480 : 60);
      for (let width = 1 << next(3); width > 0; width -= 1) image[at + width - 1] = NASTY[next(NASTY.length)] ?? 0;
      seal(image, offset);
    }
  }
  return image;
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
