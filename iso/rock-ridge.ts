import type { RangedSource } from './source.ts';
import { readStructure, type Structure } from './structure.ts';

/** What the system use fields of a directory record say: SUSP 1.12 (IEEE P1281), RRIP 1.12 (IEEE P1282). */
export interface RockRidge {
  /** The POSIX name; undefined: the record has none of its own. */
  readonly name: string | undefined;
  /** Block of a directory that was moved up because it lay too deep (CL); this record stands in its old place. */
  readonly childLink: number | undefined;
  /** The directory was moved here (RE), and is listed in its old place. */
  readonly relocated: boolean;
  /** The file is stored compressed (ZF, zisofs). */
  readonly compressed: boolean;
}

/** How an image places its system use fields. */
export interface SystemUse {
  /** Bytes to skip in front of them in each record. */
  readonly skip: number;
  readonly blockSize: number;
}

const NAME_CONTINUES = 0x01;
/** Names of this directory and its parent. */
const NAME_SPECIAL = 0x06;
const MOST_CONTINUATIONS = 32;
/** POSIX's NAME_MAX is 255; nobody records more than this. */
const LONGEST_NAME = 1024;

/** Bytes to skip as the first record of the root says (SP, SUSP 5.3); undefined: the image has no system use fields. */
export function systemUseSkip(rootSelf: Structure): number | undefined {
  const at = systemUseOffset(rootSelf);
  const present = at + 7 <= rootSelf.length && rootSelf.latin1(at, 2) === 'SP' && rootSelf.u8(at + 2) >= 7;
  if (!present || rootSelf.u8(at + 4) !== 0xbe || rootSelf.u8(at + 5) !== 0xef) return undefined;
  return rootSelf.u8(at + 6);
}

/**
 * Reads the fields of a record and of the continuation areas that it names.
 *
 * @throws IngotError `iso.corrupt` when an area lies outside of the image, or they lead in a circle
 */
export async function readRockRidge(source: RangedSource, record: Structure, use: SystemUse): Promise<RockRidge> {
  const name: Buffer[] = [];
  let named = false;
  let nameLength = 0;
  let childLink: number | undefined;
  let relocated = false;
  let compressed = false;
  const begin = Math.min(systemUseOffset(record) + use.skip, record.length);
  let area: Structure | undefined = record.part('system use area', begin, record.length - begin);
  const visited = new Set<number>();
  while (area !== undefined) {
    if (visited.has(area.offset) || visited.size > MOST_CONTINUATIONS) {
      throw area.corrupt('its continuation areas lead in a circle');
    }
    visited.add(area.offset);
    let next: Structure | undefined;
    for (const field of fields(area)) {
      const signature = field.latin1(0, 2);
      if (signature === 'NM' && (field.u8(4) & NAME_SPECIAL) === 0) {
        const part = field.slice(5, field.length - 5);
        nameLength += part.length;
        if (nameLength > LONGEST_NAME) throw field.corrupt(`its name has more than ${LONGEST_NAME} bytes`);
        if (!named) name.push(part);
        if ((field.u8(4) & NAME_CONTINUES) === 0) named = true;
      } else if (signature === 'CL') childLink = field.u32(4);
      else if (signature === 'RE') relocated = true;
      else if (signature === 'ZF') compressed = true;
      else if (signature === 'CE') next = await continuation(source, field, use.blockSize);
      else if (signature === 'ST') break;
    }
    area = next;
  }
  const text = Buffer.concat(name).toString('utf8');
  return { name: text === '' ? undefined : text, childLink, relocated, compressed };
}

/** System use begins behind the name, on an even byte (ECMA-119 9.1.13). */
function systemUseOffset(record: Structure): number {
  const nameLength = record.u8(32);
  return 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
}

/** The fields of an area; what is too short to be one ends it (SUSP 4). */
function* fields(area: Structure): Generator<Structure> {
  for (let at = 0; at + 4 <= area.length; ) {
    const length = area.u8(at + 2);
    if (length < 4) return;
    yield area.part('system use field', at, length);
    at += length;
  }
}

function continuation(source: RangedSource, field: Structure, blockSize: number): Promise<Structure> {
  const [block, offset, length] = [field.u32(4), field.u32(12), field.u32(20)];
  if (length > blockSize)
    throw field.corrupt(`its continuation area has ${length} bytes, at most ${blockSize} are read`);
  return readStructure(source, 'continuation area', block * blockSize + offset, length);
}
