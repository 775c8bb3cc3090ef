import { seal } from '../mutate.ts';
import type { Target } from './targets.ts';

/** A random number below another. */
export type Next = (below: number) => number;

/** A well-formed image that mutants are made of, in place: they are too many to copy it for each. */
export interface Seed {
  readonly name: string;
  readonly kind: 'iso' | 'wim';
  readonly bytes: Buffer;
  readonly targets: readonly Target[];
  /** Offsets of 64 bytes that are not all zero. */
  readonly windows: readonly number[];
}

/** What was written over the image; a mutant is made again by the same changes. */
export interface Change {
  readonly offset: number;
  readonly bytes: Buffer;
}

export interface Mutant {
  readonly image: Buffer;
  /** Bytes that are left of the image. */
  readonly size: number;
  readonly changes: readonly Change[];
  /** Gives the seed back as it was. */
  undo(): void;
}

const NUMBERS = [
  0n,
  1n,
  2n,
  3n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0xffffn,
  0x3fffffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x1fffffffffffffn,
  0xffffffffffffffffn,
];
const TEXTS = [
  '<',
  '>',
  '"',
  '&',
  '\0',
  '/',
  '<a>',
  '</a>',
  '<![CDATA[',
  '<!--',
  '&#x0;',
  '\ud800',
  '99999999999999999999',
  '-1',
];

/** One to four changes to a seed; mostly to its structures, with checksums made right again, so that they get deep. */
export function mutant(seed: Seed, next: Next): Mutant {
  const image = seed.bytes;
  const before: Change[] = [];
  const places: { offset: number; length: number }[] = [];
  const write = (offset: number, bytes: Buffer) => {
    const kept = bytes.subarray(0, Math.max(0, image.length - offset));
    before.push({ offset, bytes: Buffer.from(image.subarray(offset, offset + kept.length)) });
    places.push({ offset, length: kept.length });
    kept.copy(image, offset);
  };
  let size = image.length;
  for (let count = next(2) === 0 ? 1 : 1 + next(4); count > 0; count -= 1) {
    const way = next(20);
    if (way === 0) size = cut(seed, next);
    else if (way <= 2) flip(image, pick(seed.windows, next) + next(64), next, write);
    else changeTarget(seed, pick(seed.targets, next), next, write);
  }
  return {
    image: image.subarray(0, size),
    size,
    get changes() {
      return places.map(({ offset, length }) => ({
        offset,
        bytes: Buffer.from(image.subarray(offset, offset + length)),
      }));
    },
    undo() {
      for (const { offset, bytes } of before.reverse()) bytes.copy(image, offset);
    },
  };
}

type Write = (offset: number, bytes: Buffer) => void;

function pick<T>(list: readonly T[], next: Next): T {
  const chosen = list[next(list.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

/** Anywhere, or in the middle of a structure. */
function cut(seed: Seed, next: Next): number {
  if (next(2) === 0) return next(seed.bytes.length);
  const { offset, length } = pick(seed.targets, next);
  return Math.min(seed.bytes.length, offset + next(length));
}

function flip(image: Buffer, offset: number, next: Next, write: Write): void {
  write(offset, Buffer.from([(image[offset] ?? 0) ^ (1 << next(8))]));
}

function changeTarget(seed: Seed, target: Target, next: Next, write: Write): void {
  const image = seed.bytes;
  const same = seed.targets.filter(({ kind }) => kind === target.kind);
  const at = target.offset + next(Math.max(1, Math.min(target.length, next(3) === 0 ? target.length : 64)));
  const way = next(10);
  if (target.kind === 'xml' && way < 8) changeText(image, target, next, write);
  else if (way <= 3) write(at, numberBytes(pick(NUMBERS, next), 1 << next(4)));
  else if (way <= 5) {
    // A number that means something elsewhere: folders in each other, extents of others, lengths of others.
    const other = pick(same, next);
    const from = other.offset + (at - target.offset);
    write(at, Buffer.from(image.subarray(from, from + 4)));
  } else if (way === 6) {
    const other = pick(same, next);
    write(
      target.offset,
      Buffer.from(image.subarray(other.offset, other.offset + Math.min(target.length, other.length))),
    );
  } else if (way === 7) flip(image, at, next, write);
  else if (way === 8) write(at, Buffer.alloc(1 + next(64), pick([0, 0xff], next)));
  else {
    // Slightly wrong: off by one, or half of it.
    const value = image.readUInt16LE(Math.min(at, image.length - 2));
    write(at, numberBytes(BigInt(pick([value + 1, Math.max(0, value - 1), value >> 1, value * 2], next)), 2));
  }
  repair(image, target, next, write);
}

function changeText(image: Buffer, target: Target, next: Next, write: Write): void {
  const at = target.offset + 2 * next(Math.max(1, target.length / 2));
  if (next(3) === 0) {
    const from = target.offset + 2 * next(Math.max(1, target.length / 2));
    write(at, Buffer.from(image.subarray(from, from + 2 * next(100))));
  } else write(at, Buffer.from(pick(TEXTS, next), 'utf16le'));
}

function numberBytes(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes.subarray(0, length);
}

/** Checksums, of the structure and of the block around it when it is embedded; now and then not. */
function repair(image: Buffer, target: Target, next: Next, write: Write): void {
  if (next(16) === 0) return;
  if (target.kind === 'catalogue') {
    const entry = Buffer.from(image.subarray(target.offset, target.offset + 32));
    entry.writeUInt16LE(0, 28);
    let sum = 0;
    for (let at = 0; at < 32; at += 2) sum += entry.readUInt16LE(at);
    entry.writeUInt16LE(-sum & 0xffff, 28);
    write(target.offset, entry);
  }
  if (target.kind !== 'udf') return;
  for (const offset of new Set([target.offset, target.offset - (target.offset % 2048)])) {
    if (offset + 512 > image.length) continue;
    const tag = Buffer.from(image.subarray(offset, offset + 16));
    const block = Buffer.from(image.subarray(offset, Math.min(image.length, offset + 16 + tag.readUInt16LE(10))));
    if (block.length < 16) continue;
    seal(block, 0);
    write(offset, block.subarray(0, 16));
  }
}
