import type { DiscFile, ReadAt, Volume } from './disc.ts';

const SECTOR = 2048;
const PRIMARY = 1;
const SUPPLEMENTARY = 2;
const TERMINATOR = 255;
const DIRECTORY = 0x02;

interface Descriptor {
  readonly label: string;
  readonly root: Buffer;
  readonly joliet: boolean;
}

/** Reads the Joliet tree, or the plain one if there is none (ECMA-119; Joliet specification). Undefined: no ISO 9660. */
export async function readIso9660(readAt: ReadAt): Promise<Volume | undefined> {
  let chosen: Descriptor | undefined;
  for (let sector = 16; sector < 32; sector++) {
    const bytes = await readAt(sector * SECTOR, SECTOR);
    if (bytes.length < SECTOR || bytes.toString('latin1', 1, 6) !== 'CD001' || bytes[0] === TERMINATOR) break;
    const joliet = bytes[0] === SUPPLEMENTARY && /^%\/[@CE]/.test(bytes.toString('latin1', 88, 91));
    if (bytes[0] !== PRIMARY && !joliet) continue;
    chosen = { label: decode(bytes.subarray(40, 72), joliet).trimEnd(), root: bytes.subarray(156, 190), joliet };
    if (joliet) break;
  }
  if (chosen === undefined) return undefined;
  const files: DiscFile[] = [];
  await walk(readAt, chosen.root, '', chosen.joliet, files);
  return { label: chosen.label, files };
}

async function walk(readAt: ReadAt, record: Buffer, prefix: string, joliet: boolean, files: DiscFile[]): Promise<void> {
  const bytes = await readAt(record.readUInt32LE(2) * SECTOR, record.readUInt32LE(10));
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) {
      at = (Math.floor(at / SECTOR) + 1) * SECTOR; // records do not cross sectors
      continue;
    }
    const entry = bytes.subarray(at, at + length);
    at += length;
    const nameLength = entry[32] ?? 0;
    const raw = entry.subarray(33, 33 + nameLength);
    if (nameLength === 1 && (raw[0] === 0 || raw[0] === 1)) continue; // the folder itself and its parent
    const path = prefix + decode(raw, joliet).replace(/;\d+$/, '').replace(/\.$/, '');
    if (((entry[25] ?? 0) & DIRECTORY) !== 0) {
      await walk(readAt, entry, `${path}/`, joliet, files);
    } else files.push({ path, offset: entry.readUInt32LE(2) * SECTOR, size: entry.readUInt32LE(10) });
  }
}

function decode(bytes: Buffer, joliet: boolean): string {
  if (!joliet) return bytes.toString('latin1');
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return Buffer.from(even).swap16().toString('utf16le').replace(/\0+$/, '');
}
