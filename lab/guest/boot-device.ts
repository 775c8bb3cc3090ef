import { setTimeout as delay } from 'node:timers/promises';
import type { LabContext } from '../context.ts';
import type { Disc } from '../disc/disc.ts';
import type { GuestConsole } from './console.ts';
import type { InsertedDisc } from './discs.ts';
import { bootBehaviour } from './firmware.ts';
import type { Hardware } from './hardware.ts';
import { SetupStop } from './setup-stop.ts';
import type { VmwareLog } from './vmware-log.ts';

/** How long “Press any key to boot from CD or DVD” waits: about 3 s in public logs of VMs. */
const PROMPT_MS = { instant: 2000, demo: 3000 } as const;
const PROMPT = 'Press any key to boot from CD or DVD.....';
const BOOT_MANAGER =
  'No operating system was found. Boot Manager: EFI Virtual disk, EFI VMware Virtual SATA CDROM Drive, EFI Network.';

/** What the firmware has to do with. */
export interface Firmware {
  readonly lab: LabContext;
  readonly hardware: Hardware;
  readonly discs: readonly InsertedDisc[];
  /** The disk has a boot loader. */
  readonly diskBoots: boolean;
  readonly console: GuestConsole;
  readonly log: VmwareLog | undefined;
  readonly signal: AbortSignal;
}

/**
 * Tries disks and CDs in the boot order and tells of it in vmware.log; an entry that fails falls through to the next.
 * Throws SetupStop when none is left: the VM stays at the boot manager until it is reset.
 */
export async function chooseBootDevice(firmware: Firmware): Promise<'disk' | Disc> {
  const { hardware, log } = firmware;
  const disk = () => bootDisk(firmware);
  const cdroms = () => bootCdroms(firmware);
  for (const attempt of hardware.cdromsFirst ? [cdroms, disk] : [disk, cdroms]) {
    const device = await attempt();
    if (device !== undefined) return device;
  }
  await log?.osNotFound();
  throw new SetupStop(BOOT_MANAGER);
}

async function bootDisk({ hardware, diskBoots, log }: Firmware): Promise<'disk' | undefined> {
  if (hardware.firmware === 'efi') {
    await (diskBoots ? log?.efiBoot('Windows Boot Manager') : log?.efiBootFailed('No Media'));
  }
  return diskBoots ? 'disk' : undefined;
}

async function bootCdroms(firmware: Firmware): Promise<Disc | undefined> {
  const efi = firmware.hardware.firmware === 'efi';
  for (const { cdrom, disc } of firmware.discs) {
    const behaviour = bootBehaviour(disc, firmware.hardware.firmware, firmware.diskBoots);
    if (behaviour === 'not-bootable') {
      if (efi) await firmware.log?.efiBootFailed('No Media');
      continue;
    }
    if (efi) await firmware.log?.efiBoot(cdrom.firmwareName);
    if (behaviour === 'no-prompt' || (await promptForKey(firmware))) return disc;
    if (efi) await firmware.log?.efiBootFailed('Time out');
  }
  return undefined;
}

/** The disc's own loader asks. Keys from before it do not count. */
async function promptForKey({ lab, console, signal }: Firmware): Promise<boolean> {
  const later = lab.scenario.scenario.boot?.promptAfter;
  if (later !== undefined) await delay(later, undefined, { signal });
  console.screen = PROMPT;
  return console.waitForKey(PROMPT_MS[lab.speed], signal);
}
