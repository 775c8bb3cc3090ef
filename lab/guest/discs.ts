import type { Datastores } from '../datastores.ts';
import { Disc } from '../disc/disc.ts';
import type { Cdrom, Hardware } from './hardware.ts';

/** A disc and the drive it is in. */
export interface InsertedDisc {
  readonly cdrom: Cdrom;
  readonly disc: Disc;
}

/** Opens the VM's CDs in the order of its drives. */
export async function openDiscs(datastores: Datastores, hardware: Hardware): Promise<InsertedDisc[]> {
  const discs: InsertedDisc[] = [];
  for (const cdrom of hardware.cdroms) {
    if (cdrom.file === undefined || !cdrom.startConnected) continue;
    const path = await datastores.resolve(cdrom.file);
    const disc = path === undefined ? undefined : await Disc.open(path);
    if (disc !== undefined) discs.push({ cdrom, disc });
  }
  return discs;
}
