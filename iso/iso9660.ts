import { type FileNode, type FileSystem, fileSource, MAX_DIRECTORY_BYTES, type Node, sameName } from './filesystem.ts';
import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';
import { Structure } from './structure.ts';

const FIRST_DESCRIPTOR = 16;
const MOST_DESCRIPTORS = 64;
const BOOT_RECORD = 0;
const PRIMARY = 1;
const SUPPLEMENTARY = 2;
const FLAG_DIRECTORY = 0x02;
const FLAG_MORE_EXTENTS = 0x80;
/** Escape sequences that say UCS-2 levels 1 to 3: the Joliet specification. */
const JOLIET_ESCAPES = ['%/@', '%/C', '%/E'];

/** The volume descriptors of an image: ECMA-119 8, and what the image announces beside ISO 9660. */
export interface VolumeDescriptors {
  readonly primary: Structure | undefined;
  readonly joliet: Structure | undefined;
  readonly boot: Structure | undefined;
  /** The volume recognition sequence names NSR02 or NSR03: there is UDF (ECMA-167 2/8). */
  readonly udf: boolean;
}

/** Reads the descriptors from sector 16 on; an image without any has none of the fields. */
export async function readVolumeDescriptors(source: RangedSource): Promise<VolumeDescriptors> {
  let primary: Structure | undefined;
  let joliet: Structure | undefined;
  let boot: Structure | undefined;
  let udf = false;
  for (let sector = FIRST_DESCRIPTOR; sector < FIRST_DESCRIPTOR + MOST_DESCRIPTORS; sector += 1) {
    if ((sector + 1) * SECTOR > source.size) break;
    const descriptor = new Structure('Volume Descriptor', sector * SECTOR, await source.read(sector * SECTOR, SECTOR));
    const standard = descriptor.latin1(1, 5);
    if (standard === 'NSR02' || standard === 'NSR03') udf = true;
    if (standard === 'TEA01') break;
    if (standard !== 'CD001') {
      if (!['BEA01', 'NSR02', 'NSR03', 'BOOT2'].includes(standard)) break;
      continue;
    }
    const type = descriptor.u8(0);
    if (type === PRIMARY) primary ??= descriptor;
    if (type === SUPPLEMENTARY && JOLIET_ESCAPES.includes(descriptor.latin1(88, 3))) joliet ??= descriptor;
    if (type === BOOT_RECORD && descriptor.latin1(7, 23) === 'EL TORITO SPECIFICATION') boot ??= descriptor;
  }
  return { primary, joliet, boot, udf };
}

interface Entry {
  readonly name: string;
  readonly directory: boolean;
  readonly node: FileNode;
}

/** Opens the Joliet tree of an image, or the plain ISO 9660 one; undefined when it has neither. */
export function openIso9660(source: RangedSource, descriptors: VolumeDescriptors): FileSystem | undefined {
  const volume = descriptors.joliet ?? descriptors.primary;
  if (volume === undefined) return undefined;
  const unicode = volume === descriptors.joliet;
  const root = directoryRecord(volume.part('Directory Record', 156, 34), unicode, source);

  async function find(path: string): Promise<Entry | undefined> {
    let entry: Entry = root;
    for (const name of path.split('/').filter(Boolean)) {
      if (!entry.directory) return undefined;
      const entries: readonly Entry[] = await readDirectory(source, entry, unicode);
      const next = entries.find((candidate) => sameName(candidate.name, name));
      if (next === undefined) return undefined;
      entry = next;
    }
    return entry;
  }

  return {
    kind: 'iso9660',
    volumeLabel: text(volume.slice(40, 32), unicode).replace(/[ \0]+$/, ''),
    async list(path) {
      const found = await find(path);
      return found?.directory ? (await readDirectory(source, found, unicode)).map((entry) => entry.name) : undefined;
    },
    async lookup(path): Promise<Node | undefined> {
      const found = await find(path);
      if (found === undefined) return undefined;
      return found.directory ? { kind: 'directory', name: found.name } : found.node;
    },
  };
}

async function readDirectory(source: RangedSource, entry: Entry, unicode: boolean): Promise<readonly Entry[]> {
  const first = entry.node.extents[0]?.offset ?? 0;
  const { size } = entry.node;
  if (size > MAX_DIRECTORY_BYTES) {
    throw new Structure('directory', first, Buffer.alloc(0)).corrupt(
      `it has ${size} bytes, at most ${MAX_DIRECTORY_BYTES} are read`,
    );
  }
  const directory = new Structure('directory', first, await fileSource(source, entry.node).read(0, size));
  const entries: Entry[] = [];
  let open: Entry | undefined;
  for (let at = 0; at < directory.length; ) {
    const length = directory.u8(at);
    if (length === 0) {
      at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      continue;
    }
    const record = directory.part('Directory Record', at, length);
    at += length;
    if (record.u8(32) === 1 && record.u8(33) <= 1) continue; // this folder and its parent
    const part = directoryRecord(record, unicode, source);
    const merged: Entry = open === undefined ? part : { ...open, node: joined(open.node, part.node) };
    open = (record.u8(25) & FLAG_MORE_EXTENTS) !== 0 ? merged : undefined;
    if (open === undefined) entries.push(merged);
  }
  return entries;
}

/** A directory record: ECMA-119 9.1. A file of level 3 comes in several of them, one an extent. */
function directoryRecord(record: Structure, unicode: boolean, source: RangedSource): Entry {
  const size = record.u32(10);
  const offset = (record.u32(2) + record.u8(1)) * SECTOR;
  const raw = text(record.slice(33, record.u8(32)), unicode);
  const name = raw.replace(/;\d+$/, '').replace(/\.$/, '');
  if (size > 0 && offset + size > source.size) {
    throw record.corrupt(`“${name}” (${size} bytes at ${offset}) lies outside of the image (${source.size} bytes)`);
  }
  const directory = (record.u8(25) & FLAG_DIRECTORY) !== 0;
  return { name, directory, node: { kind: 'file', name, size, extents: [{ offset, length: size }] } };
}

function joined(a: FileNode, b: FileNode): FileNode {
  return { ...a, size: a.size + b.size, extents: [...a.extents, ...b.extents] };
}

function text(bytes: Buffer, unicode: boolean): string {
  if (!unicode) return bytes.toString('latin1');
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}
