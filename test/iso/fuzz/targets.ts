import { looksLikeDescriptor } from '../mutate.ts';

/** Where a structure of an image begins, so that mutations hit what parsers look at. */
export interface Target {
  readonly kind: 'udf' | 'volume' | 'record' | 'catalogue' | 'wim' | 'xml';
  readonly offset: number;
  readonly length: number;
}

const SECTOR = 2048;

/** Finds the structures of an image by what they begin with: not with the readers that are to be tested. */
export function findTargets(image: Buffer): readonly Target[] {
  const found: Target[] = [];
  for (let offset = 0; offset + 40 <= image.length; offset += 4) {
    if (offset + 512 <= image.length && looksLikeDescriptor(image, offset)) {
      found.push({ kind: 'udf', offset, length: image.readUInt16LE(offset) === 257 ? 60 : 512 });
    }
  }
  for (let offset = 16 * SECTOR; offset + SECTOR <= image.length; offset += SECTOR) {
    const standard = image.toString('latin1', offset + 1, offset + 6);
    if (['CD001', 'NSR02', 'NSR03', 'BEA01'].includes(standard)) found.push({ kind: 'volume', offset, length: 256 });
    if (image.readUInt16LE(offset) === 1 && image.readUInt16LE(offset + 30) === 0xaa55) {
      found.push({ kind: 'catalogue', offset, length: 256 });
    }
    found.push(...records(image, offset));
  }
  return [...found, ...wims(image)];
}

/** The records of a sector of a directory; its first record is of the directory itself, or it follows another one. */
function records(image: Buffer, sector: number): readonly Target[] {
  const found: Target[] = [];
  for (let at = sector; at + 34 < sector + SECTOR; ) {
    const length = image[at] ?? 0;
    const nameLength = image[at + 32] ?? 0;
    const bothEndian = image.readUInt32LE(at + 2) === image.readUInt32BE(at + 6);
    if (length < 34 || nameLength === 0 || 33 + nameLength > length || !bothEndian) break;
    found.push({ kind: 'record', offset: at, length });
    at += length;
  }
  return found;
}

function wims(image: Buffer): readonly Target[] {
  const found: Target[] = [];
  for (let at = image.indexOf('MSWIM\0\0\0'); at !== -1; at = image.indexOf('MSWIM\0\0\0', at + 1)) {
    found.push({ kind: 'wim', offset: at, length: 124 });
    const xml = at + Number(image.readBigUInt64LE(at + 0x50));
    if (xml < image.length) found.push({ kind: 'xml', offset: xml, length: image.readUIntLE(at + 0x48, 6) });
  }
  return found;
}
