import type { FileNode } from './filesystem.ts';
import type { RangedSource } from './source.ts';
import type { Structure } from './structure.ts';

const FLAG_DIRECTORY = 0x02;
const FLAG_ASSOCIATED = 0x04;
const FLAG_MORE_EXTENTS = 0x80;

/** One entry of a directory: a record, or several for a file of many extents. */
export interface Entry {
  readonly name: string;
  readonly directory: boolean;
  readonly node: FileNode;
  /** Another record with more of the same file follows. */
  readonly more: boolean;
  /** Apple's and others' second stream of a file; no entry of its own. */
  readonly associated: boolean;
  /** Why the file cannot be read; undefined: it can. */
  readonly unreadable: string | undefined;
  /** Where the record lies in the image. */
  readonly recordOffset: number;
}

/** How the records of an image are written. */
export interface RecordFormat {
  readonly source: RangedSource;
  readonly blockSize: number;
  /** Names are UCS-2 (Joliet). */
  readonly unicode: boolean;
}

/** A directory record: ECMA-119 9.1. */
export function directoryRecord(record: Structure, format: RecordFormat): Entry {
  const { source, blockSize, unicode } = format;
  const size = record.u32(10);
  const offset = (record.u32(2) + record.u8(1)) * blockSize;
  const flags = record.u8(25);
  const raw = decodeName(record.slice(33, record.u8(32)), unicode);
  const name = raw.replace(/;\d{1,5}$/, '').replace(/\.$/, '');
  if (size > 0 && offset + size > source.size) {
    throw record.corrupt(`“${name}” (${size} bytes at ${offset}) lies outside: the file ends at ${source.size}`);
  }
  const interleaved = record.u8(26) !== 0 || record.u8(27) !== 0;
  return {
    name,
    directory: (flags & FLAG_DIRECTORY) !== 0,
    node: { kind: 'file', name, size, extents: [{ offset, length: size }] },
    more: (flags & FLAG_MORE_EXTENTS) !== 0,
    associated: (flags & FLAG_ASSOCIATED) !== 0,
    unreadable: interleaved ? 'interleaved files are not read' : undefined,
    recordOffset: record.offset,
  };
}

/** Text of a record or descriptor: UCS-2, big-endian, in the Joliet tree. */
export function decodeName(bytes: Buffer, unicode: boolean): string {
  if (!unicode) return bytes.toString('latin1');
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  return even.swap16().toString('utf16le');
}
