import type { Datastores } from '../datastores.ts';
import { Disc } from '../disc/disc.ts';
import type { Hardware } from './hardware.ts';

/** Opens the VM's CDs in the order of its drives. */
export async function openDiscs(datastores: Datastores, hardware: Hardware): Promise<Disc[]> {
  const discs: Disc[] = [];
  for (const cdrom of hardware.cdroms) {
    if (cdrom.file === undefined || !cdrom.startConnected) continue;
    const path = await datastores.resolve(cdrom.file);
    const disc = path === undefined ? undefined : await Disc.open(path);
    if (disc !== undefined) discs.push(disc);
  }
  return discs;
}
