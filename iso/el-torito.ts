import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';
import { Structure } from './structure.ts';

/** One bootable image that the firmware can choose. A type alias, so that it is plain JSON. */
export type BootEntry = {
  /** Of the section's platform id: 0x00 BIOS, 0xEF EFI. */
  readonly platform: 'bios' | 'efi' | 'other';
  readonly platformId: number;
  readonly bootable: boolean;
  readonly emulation: 'none' | 'floppy' | 'disk';
  /** 512-byte sectors that the firmware loads; 0 and 1 stand for "as much as there is" under EFI. */
  readonly sectorCount: number;
  /** Load RBA: 2048-byte sector of the image. */
  readonly loadRba: number;
  /** Absolute offset of the 32-byte entry in the image. */
  readonly entryOffset: number;
};

const ENTRY = 32;
const PLATFORM_EFI = 0xef;
const BOOTABLE = 0x88;
const NOT_BOOTABLE = 0x00;
const SECTION = 0x90;
const LAST_SECTION = 0x91;
const EXTENSION = 0x44;
const FLAG_EXTENDED = 0x20;
const MOST_ENTRIES = 64;

/**
 * Reads the whole boot catalogue: validation entry, default entry, section headers with their entries ("El Torito"
 * Bootable CD-ROM Format Specification 1.0, section 2).
 *
 * @param boot the boot record volume descriptor that points to it
 */
export async function readBootCatalogue(source: RangedSource, boot: Structure): Promise<readonly BootEntry[]> {
  const offset = boot.u32(71) * SECTOR;
  if (offset + SECTOR > source.size) throw boot.corrupt(`the boot catalogue at ${offset} lies outside of the image`);
  const catalogue = new Structure('boot catalogue', offset, await source.read(offset, SECTOR));
  checkValidation(catalogue.part('validation entry', 0, ENTRY));
  const platform = catalogue.u8(1);
  const entries = [bootEntry(catalogue.part('default entry', ENTRY, ENTRY), platform)];
  for (let at = 2 * ENTRY; at + ENTRY <= catalogue.length; ) {
    const header = catalogue.part('section header', at, ENTRY);
    const id = header.u8(0);
    if (id !== SECTION && id !== LAST_SECTION) break;
    at += ENTRY;
    for (let left = header.u16(2); left > 0; left -= 1) {
      if (entries.length >= MOST_ENTRIES) throw header.corrupt(`the catalogue has more than ${MOST_ENTRIES} entries`);
      const entry = catalogue.part('section entry', at, ENTRY);
      entries.push(bootEntry(entry, header.u8(1)));
      at += ENTRY;
      if ((entry.u8(1) & FLAG_EXTENDED) !== 0) at = skipExtensions(catalogue, at);
    }
    if (id === LAST_SECTION) break;
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

function bootEntry(entry: Structure, platformId: number): BootEntry {
  const indicator = entry.u8(0);
  if (indicator !== BOOTABLE && indicator !== NOT_BOOTABLE) {
    throw entry.corrupt(`its boot indicator is ${indicator}, expected ${BOOTABLE} or ${NOT_BOOTABLE}`);
  }
  const media = entry.u8(1) & 0x0f;
  return {
    platform: platformId === 0 ? 'bios' : platformId === PLATFORM_EFI ? 'efi' : 'other',
    platformId,
    bootable: indicator === BOOTABLE,
    emulation: media === 0 ? 'none' : media === 4 ? 'disk' : 'floppy',
    sectorCount: entry.u16(6),
    loadRba: entry.u32(8),
    entryOffset: entry.offset,
  };
}

function skipExtensions(catalogue: Structure, from: number): number {
  let at = from;
  while (at + ENTRY <= catalogue.length && catalogue.u8(at) === EXTENSION) {
    at += ENTRY;
    if ((catalogue.u8(at - ENTRY + 1) & FLAG_EXTENDED) === 0) break;
  }
  return at;
}
