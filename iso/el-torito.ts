import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';
import { readStructure, type Structure } from './structure.ts';

/** One bootable image that the firmware can choose. A type alias, so that it is plain JSON. */
export type BootEntry = {
  /** Of the section's platform id: 0x00 BIOS (80x86), 0x01 PowerPC, 0x02 Mac, 0xEF EFI. */
  readonly platform: 'bios' | 'powerpc' | 'mac' | 'efi' | 'other';
  readonly platformId: number;
  /** Text of the section header (of the validation entry for the first): who made the image. Mostly ''. */
  readonly sectionId: string;
  readonly bootable: boolean;
  readonly emulation: 'none' | 'floppy' | 'disk';
  /** Real-mode segment that a BIOS loads the image to; 0 stands for 0x7C0. */
  readonly loadSegment: number;
  /** 512-byte sectors that the firmware loads; 0 and 1 stand for "as much as there is" under EFI. */
  readonly sectorCount: number;
  /** Load RBA: 2048-byte sector of the image. */
  readonly loadRba: number;
  /** Absolute offset of the 32-byte entry in the image. */
  readonly entryOffset: number;
};

const ENTRY = 32;
const PLATFORMS: ReadonlyMap<number, BootEntry['platform']> = new Map([
  [0x00, 'bios'],
  [0x01, 'powerpc'],
  [0x02, 'mac'],
  [0xef, 'efi'],
]);
const BOOTABLE = 0x88;
const NOT_BOOTABLE = 0x00;
const SECTION = 0x90;
const LAST_SECTION = 0x91;
const EXTENSION = 0x44;
const FLAG_EXTENDED = 0x20;
const MEDIA_DISK = 4;
/** Bytes of a catalogue that are read: 252 entries after the first. Firmware reads one sector. */
const LONGEST_CATALOGUE = 4 * SECTOR;
const MOST_ENTRIES = 64;

/**
 * Reads the whole boot catalogue: validation entry, default entry, section headers with their entries and the
 * extensions of those ("El Torito" Bootable CD-ROM Format Specification 1.0, section 2).
 *
 * @param boot the boot record volume descriptor that points to it
 */
export async function readBootCatalogue(source: RangedSource, boot: Structure): Promise<readonly BootEntry[]> {
  const offset = boot.u32(71) * SECTOR;
  const length = Math.max(2 * ENTRY, Math.min(LONGEST_CATALOGUE, source.size - offset));
  const catalogue = await readStructure(source, 'boot catalogue', offset, length);
  const validation = catalogue.part('validation entry', 0, ENTRY);
  checkValidation(validation);
  const first = { id: text(validation.slice(4, 24)), platformId: validation.u8(1) };
  const entries = [bootEntry(catalogue.part('default entry', ENTRY, ENTRY), first, source)];
  for (let at = 2 * ENTRY; at + ENTRY <= catalogue.length; ) {
    const header = catalogue.part('section header', at, ENTRY);
    const indicator = header.u8(0);
    if (indicator !== SECTION && indicator !== LAST_SECTION) break;
    at += ENTRY;
    const section = { id: text(header.slice(4, 28)), platformId: header.u8(1) };
    for (let left = header.u16(2); left > 0; left -= 1) {
      if (entries.length >= MOST_ENTRIES) throw header.corrupt(`the catalogue has more than ${MOST_ENTRIES} entries`);
      const entry = catalogue.part('section entry', at, ENTRY);
      entries.push(bootEntry(entry, section, source));
      at += ENTRY;
      if ((entry.u8(1) & FLAG_EXTENDED) !== 0) at = skipExtensions(catalogue, at);
    }
    if (indicator === LAST_SECTION) break;
  }
  return entries;
}

function checkValidation(entry: Structure): void {
  let sum = 0;
  for (let at = 0; at < ENTRY; at += 2) sum = (sum + entry.u16(at)) & 0xffff;
  if (entry.u8(0) !== 1 || entry.u16(30) !== 0xaa55 || sum !== 0) {
    throw entry.corrupt('expected header id 1, key 55 AA and a checksum of 0');
  }
}

function bootEntry(
  entry: Structure,
  section: { readonly id: string; readonly platformId: number },
  source: RangedSource,
): BootEntry {
  const indicator = entry.u8(0);
  if (indicator !== BOOTABLE && indicator !== NOT_BOOTABLE) {
    throw entry.corrupt(`its boot indicator is ${indicator}, expected ${BOOTABLE} or ${NOT_BOOTABLE}`);
  }
  const media = entry.u8(1) & 0x0f;
  if (media > MEDIA_DISK) throw entry.corrupt(`its boot media type is ${media}, expected 0 to ${MEDIA_DISK}`);
  const sectorCount = entry.u16(6);
  const loadRba = entry.u32(8);
  const end = loadRba * SECTOR + Math.max(sectorCount, 1) * 512;
  if (indicator === BOOTABLE && end > source.size) {
    throw entry.corrupt(`its image (sector ${loadRba}, up to ${end}) lies outside: the file ends at ${source.size}`);
  }
  return {
    platform: PLATFORMS.get(section.platformId) ?? 'other',
    platformId: section.platformId,
    sectionId: section.id,
    bootable: indicator === BOOTABLE,
    emulation: media === 0 ? 'none' : media === MEDIA_DISK ? 'disk' : 'floppy',
    loadSegment: entry.u16(2),
    sectorCount,
    loadRba,
    entryOffset: entry.offset,
  };
}

/** Where the entry after the extensions is; each says whether another one follows. */
function skipExtensions(catalogue: Structure, from: number): number {
  for (let at = from; ; at += ENTRY) {
    const extension = catalogue.part('section entry extension', at, ENTRY);
    if (extension.u8(0) !== EXTENSION) {
      throw extension.corrupt(`expected extension indicator ${EXTENSION}, found ${extension.u8(0)}`);
    }
    if ((extension.u8(1) & FLAG_EXTENDED) === 0) return at + ENTRY;
  }
}

/** Identification texts are not specified further: what can be printed of them. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes
    .subarray(0, end === -1 ? bytes.length : end)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '')
    .trim();
}
