import type { ReadAt } from './disc.ts';

const SECTOR = 2048;
const EFI = 0xef;
const BIOS = 0;

/** A bootable entry of the El Torito catalogue. */
export interface BootEntry {
  readonly firmware: 'bios' | 'efi';
  /** First byte of the boot image. */
  readonly offset: number;
}

/** Reads the boot catalogue ("El Torito" Bootable CD-ROM Format Specification 1.0, section 2); empty if there is none. */
export async function readBootEntries(readAt: ReadAt): Promise<BootEntry[]> {
  const record = await readAt(17 * SECTOR, SECTOR);
  if (record.length < SECTOR || record.toString('latin1', 7, 30) !== 'EL TORITO SPECIFICATION') return [];
  const catalogue = await readAt(record.readUInt32LE(0x47) * SECTOR, SECTOR);
  if (catalogue.length < 64 || catalogue[0] !== 1 || catalogue[0x1e] !== 0x55 || catalogue[0x1f] !== 0xaa) return [];
  const entries: BootEntry[] = [];
  let platform = catalogue[1];
  let left = 1;
  for (let at = 32; at + 32 <= catalogue.length; at += 32) {
    const indicator = catalogue[at];
    if (left > 0) {
      const firmware = platform === EFI ? 'efi' : platform === BIOS ? 'bios' : undefined;
      if (indicator === 0x88 && firmware !== undefined) {
        entries.push({ firmware, offset: catalogue.readUInt32LE(at + 8) * SECTOR });
      }
      left -= 1;
    } else if (indicator === 0x90 || indicator === 0x91) {
      platform = catalogue[at + 1];
      left = catalogue.readUInt16LE(at + 2);
    } else {
      break;
    }
  }
  return entries;
}
