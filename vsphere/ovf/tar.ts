import { IngotError } from '../../common/failure.ts';

/** The unit of a tar archive. */
export const BLOCK = 512;
/** The largest size that a ustar header holds in eleven octal digits: 8 GiB less one byte. */
const OCTAL_LIMIT = 8 ** 11;

/** One file of an archive. */
export interface TarEntry {
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  readonly size: number;
}

/** How many bytes a file of that size takes up, without its header. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/**
 * The header of a regular file (POSIX.1-1988 ustar). A size of 8 GiB or more is written in base 256, as GNU tar does, and
 * not in a pax header: it can be written over the header once the size is known. Owner and rights are those of nobody.
 *
 * Throws `ovf.name` for a name of more than 100 bytes.
 */
export function tarHeader(name: string, size: number, modified: Date): Buffer {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100)
    throw new IngotError('ovf.name', `expected a file name of at most 100 bytes for an OVA, found ${name}`);
  header.write(name, 0, 100, 'utf8');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  if (size < OCTAL_LIMIT) header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  const seconds = Math.floor(modified.getTime() / 1000);
  header.write(`${seconds.toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  // The sum is made with blanks in its own place.
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Bytes that can be read at any place. */
export interface TarSource {
  readonly name: string;
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * The files of an archive, from its headers alone: nothing of the files is read. Understands ustar, the base-256 sizes and
 * long names of GNU tar, and the pax records `path` and `size`. Throws `ovf.tar`.
 */
export async function readTar(source: TarSource): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  let next: { name?: string; size?: number } = {};
  for (let at = 0; at + BLOCK <= source.size; ) {
    const header = Buffer.from(await source.read(at, BLOCK));
    if (header.every((byte) => byte === 0)) break;
    if (!hasSum(header)) throw broken(source, at, 'a tar header with the right check sum', 'another');
    const told = sizeOf(header);
    const kind = String.fromCharCode(header[156] ?? 0);
    const offset = at + BLOCK;
    const isFile = kind === '0' || kind === '\0' || kind === '7';
    const size = isFile ? (next.size ?? told) : told;
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > source.size)
      throw broken(source, at, `a file that ends within ${source.size} bytes`, `one of ${size}`);
    if (kind === 'x' || kind === 'L') {
      if (size > 1 << 20) throw broken(source, at, 'a short extended header', `one of ${size} bytes`);
      const text = Buffer.from(await source.read(offset, size)).toString('utf8');
      next = kind === 'L' ? { ...next, name: text.replace(/\0.*$/s, '') } : { ...next, ...paxRecords(text) };
    } else {
      if (isFile) entries.push({ name: next.name ?? nameOf(header), offset, size });
      next = {};
    }
    at = offset + padded(size);
  }
  if (entries.length === 0) throw broken(source, 0, 'an archive with files', 'none');
  return entries;
}

function nameOf(header: Buffer): string {
  const prefix = isUstar(header) ? textAt(header, 345, 155) : '';
  return prefix === '' ? textAt(header, 0, 100) : `${prefix}/${textAt(header, 0, 100)}`;
}

function isUstar(header: Buffer): boolean {
  // In GNU's own format, `ustar  `, there are times where the prefix would be.
  return header.toString('latin1', 257, 263) === 'ustar\0';
}

function sizeOf(header: Buffer): number {
  const first = header[124] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(textAt(header, 124, 12).trim() || '0', 8);
  return Number(header.subarray(125, 136).reduce((value, byte) => value * 256n + BigInt(byte), BigInt(first & 0x7f)));
}

function hasSum(header: Buffer): boolean {
  const told = Number.parseInt(textAt(header, 148, 8).trim(), 8);
  let sum = 8 * 32;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum === told;
}

/** `LENGTH KEY=VALUE\n`, the length counting itself, in bytes. */
function paxRecords(text: string): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {};
  for (const [, key, value] of text.matchAll(/^\d+ ([^=\n]+)=(.*)$/gm)) {
    if (key === 'path' && value !== undefined) found.name = value;
    if (key === 'size') found.size = Number(value);
  }
  return found;
}

function textAt(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function broken({ name }: TarSource, at: number, expected: string, found: string): IngotError {
  return new IngotError('ovf.tar', `${name}: expected ${expected} at byte ${at}, found ${found}`, {
    remedy: 'The file is not an OVA, or not all of it is there: compare its size and digest with where it comes from.',
  });
}
