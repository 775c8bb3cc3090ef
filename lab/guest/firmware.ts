import type { Disc, DiscFile } from '../disc/disc.ts';
import type { BootEntry } from '../disc/el-torito.ts';

/** How a disc behaves when the firmware boots it. */
export type BootableDisc = 'no-prompt' | 'press-any-key' | 'not-bootable';

/**
 * What happens if this disc is booted. On EFI the El Torito entry decides: `efisys.bin` asks for a key, its sister
 * `efisys_noprompt.bin` does not (both lie beside each other on Windows media). On BIOS, `bootfix.bin` makes
 * `etfsboot.com` ask, but only when the disk is bootable already; on an empty disk it boots at once.
 */
export function bootBehaviour(disc: Disc, firmware: 'bios' | 'efi', diskBoots = false): BootableDisc {
  if (disc.find('sources/boot.wim') === undefined) return 'not-bootable';
  const entry = disc.bootEntries.find((candidate) => candidate.firmware === firmware);
  if (entry === undefined) return 'not-bootable';
  if (firmware === 'bios') {
    return diskBoots && disc.find('boot/bootfix.bin') !== undefined ? 'press-any-key' : 'no-prompt';
  }
  if (disc.find('efi/boot/bootx64.efi') === undefined && disc.find('efi/microsoft/boot/efisys.bin') === undefined) {
    return 'not-bootable';
  }
  return isAt(entry, disc.find('efi/microsoft/boot/efisys_noprompt.bin')) ? 'no-prompt' : 'press-any-key';
}

function isAt(entry: BootEntry, file: DiscFile | undefined): boolean {
  return file !== undefined && file.offset === entry.offset;
}
