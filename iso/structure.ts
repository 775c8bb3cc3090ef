import { IngotError } from '../common/failure.ts';
import { corrupt } from './corrupt.ts';
import type { RangedSource } from './source.ts';

/**
 * One on-disk structure: its bytes, its name and where it lies, so that every access out of its bounds is an
 * `iso.corrupt` with structure and offset. Offsets are within the structure; numbers are little-endian.
 */
export class Structure {
  readonly name: string;
  readonly offset: number;
  readonly bytes: Buffer;

  /** @param offset absolute byte offset of `bytes` in the source */
  constructor(name: string, offset: number, bytes: Buffer) {
    this.name = name;
    this.offset = offset;
    this.bytes = bytes;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return this.#range(at, 1).readUInt8();
  }

  u16(at: number): number {
    return this.#range(at, 2).readUInt16LE();
  }

  u32(at: number): number {
    return this.#range(at, 4).readUInt32LE();
  }

  /** A 64-bit number that must be exact in a double: no file is longer than 2^53. */
  u64(at: number): number {
    const value = this.#range(at, 8).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.corrupt(`the number ${value} at +${at} is out of range`);
    return Number(value);
  }

  slice(at: number, length: number): Buffer {
    return this.#range(at, length);
  }

  latin1(at: number, length: number): string {
    return this.#range(at, length).toString('latin1');
  }

  /** A part of this structure under a name of its own. */
  part(name: string, at: number, length: number): Structure {
    return new Structure(name, this.offset + at, this.#range(at, length));
  }

  /** The same bytes, said to lie elsewhere: of the file of an image, where it begins in the image. */
  movedTo(offset: number): Structure {
    return new Structure(this.name, offset, this.bytes);
  }

  corrupt(detail: string): Error {
    return corrupt(this.name, this.offset, detail);
  }

  #range(at: number, length: number): Buffer {
    if (at < 0 || length < 0 || at + length > this.bytes.length) {
      throw this.corrupt(`${length} bytes at +${at} lie outside of its ${this.bytes.length} bytes`);
    }
    return this.bytes.subarray(at, at + length);
  }
}

/**
 * Reads a structure of an image. Where its format leads past the end of the file, that is `iso.corrupt` under the
 * name of the structure: to a reader, a file that was cut off is one that is damaged.
 */
export async function readStructure(
  source: RangedSource,
  name: string,
  offset: number,
  length: number,
): Promise<Structure> {
  if (offset + length > source.size) {
    throw corrupt(name, offset, `it needs ${length} bytes, but the file ends at ${source.size}`);
  }
  try {
    return new Structure(name, offset, await source.read(offset, length));
  } catch (error) {
    if (error instanceof IngotError && error.code === 'iso.truncated') throw corrupt(name, offset, error.message);
    throw error;
  }
}
