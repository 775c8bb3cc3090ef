import type { Disc } from '../disc/disc.ts';
import { all, textAt } from '../xml.ts';
import type { AnswerFile } from './answer-file.ts';
import type { Hardware } from './hardware.ts';
import { SetupStop, WORDS } from './setup-stop.ts';

const DRIVERS = 'Microsoft-Windows-PnpCustomizationsWinPE';
/** Letters that Windows PE gives to CD drives, in their order, when the disk is empty. */
const FIRST_CD_LETTER = 'D'.charCodeAt(0);

/** Drivers that boot.wim of these media does not have. */
const OUT_OF_BOX_CONTROLLERS: Readonly<Record<string, string>> = { ParaVirtualSCSIController: 'pvscsi' };

/**
 * How many disks Windows PE sees: those whose controller's driver is in boot.wim, in a folder of DriverPaths on an
 * attached CD, or in `$WinPEDriver$` of one. Throws SetupStop if it sees none.
 */
export function visibleDisks(answer: AnswerFile, hardware: Hardware, discs: readonly Disc[]): number {
  const paths = all(answer.setting('windowsPE', DRIVERS, 'DriverPaths'), 'PathAndCredentials').map(
    (path) => textAt(path, 'Path') ?? '',
  );
  const seen = hardware.diskControllers.filter((controller) => {
    const driver = OUT_OF_BOX_CONTROLLERS[controller];
    if (driver === undefined || discs.some((disc) => hasDriver(disc, '$WinPEDriver$', driver))) return true;
    return paths.some((path) => {
      const disc = discs[path.toUpperCase().charCodeAt(0) - FIRST_CD_LETTER];
      return disc !== undefined && path[1] === ':' && hasDriver(disc, path.slice(2), driver);
    });
  });
  if (seen.length > 0) return seen.length;
  // With disks in the answer file Setup fails at them; without, its page shows an empty list.
  const asked = answer.setting('windowsPE', 'Microsoft-Windows-Setup', 'DiskConfiguration', 'Disk') !== undefined;
  throw new SetupStop(asked ? `${WORDS.diskConfiguration}\n${WORDS.noDrives}` : WORDS.noDrives);
}

/** Whether an .inf of the driver's name lies in a folder of a disc or below. */
function hasDriver(disc: Disc, folder: string, driver: string): boolean {
  const path = folder.replaceAll('\\', '/').replace(/^\/+|\/+$/g, '');
  return disc.below(path).some((file) => file.path.toLowerCase().endsWith(`/${driver}.inf`));
}
