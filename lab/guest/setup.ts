import type { Disc } from '../disc/disc.ts';
import { readWimImages, type WimImage } from '../disc/wim.ts';
import { all, at, textAt, type XmlElement } from '../xml.ts';
import { AnswerFile, SetupStop } from './answer-file.ts';
import type { Hardware } from './hardware.ts';
import { keyFits } from './product-keys.ts';

const SETUP = 'Microsoft-Windows-Setup';
const LANGUAGE = 'Microsoft-Windows-International-Core-WinPE';
const DRIVERS = 'Microsoft-Windows-PnpCustomizationsWinPE';
/** Letters that Windows PE gives to CD drives, in their order, when the disk is empty. */
const FIRST_CD_LETTER = 'D'.charCodeAt(0);
const MINIMUM_MEMORY_MB = 512;

/** Drivers that boot.wim of these media does not have. */
const OUT_OF_BOX_CONTROLLERS: Readonly<Record<string, string>> = { ParaVirtualSCSIController: 'pvscsi' };

/** What Windows PE's Setup settled before it copies files. */
export interface SetupPlan {
  readonly answer: AnswerFile;
  readonly image: WimImage;
}

/**
 * The windowsPE pass: finds Autounattend.xml at the root of a CD and checks what Setup would stop at, in its order.
 * Throws SetupStop with the words of the dialog.
 */
export async function planSetup(hardware: Hardware, discs: readonly Disc[], media: Disc): Promise<SetupPlan> {
  if (hardware.memoryMB < MINIMUM_MEMORY_MB) {
    throw new SetupStop('Windows Setup could not install one or more boot-critical drivers. Error code: 0xE0000100');
  }
  const holder = discs.find((disc) => disc.find('autounattend.xml') !== undefined);
  const text = await holder?.text('autounattend.xml');
  if (text === undefined)
    throw new SetupStop('Windows Setup: Language to install, time and currency format, keyboard. [Next]');
  const answer = AnswerFile.parse(text);
  if (answer.text('windowsPE', LANGUAGE, 'UILanguage') === undefined) {
    throw new SetupStop('Windows Setup: Language to install, time and currency format, keyboard. [Next]');
  }
  const images = await readWimImages(media, 'sources/install.wim');
  if (images === undefined) throw new SetupStop('A media driver your computer needs is missing. [Browse]');
  const image = chooseImage(answer, images);
  checkUserData(answer, image);
  checkDriver(answer, hardware, discs);
  checkDisk(answer, hardware);
  return { answer, image };
}

function chooseImage(answer: AnswerFile, images: readonly WimImage[]): WimImage {
  const key = answer.text('windowsPE', SETUP, 'UserData', 'ProductKey', 'Key');
  const wanted = answer.setting('windowsPE', SETUP, 'ImageInstall', 'OSImage', 'InstallFrom', 'MetaData');
  if (wanted === undefined) {
    const fitting = key ? images.filter((image) => keyFits(key, image)) : images;
    const [only, second] = fitting;
    if (only !== undefined && second === undefined) return only;
    throw new SetupStop('Windows Setup: Select the operating system you want to install. [Next]');
  }
  const value = textAt(wanted, 'Value') ?? '';
  const found = images.find((image) => {
    switch (textAt(wanted, 'Key')?.toUpperCase()) {
      case '/IMAGE/INDEX':
        return String(image.index) === value;
      case '/IMAGE/NAME':
        return image.name === value;
      case '/IMAGE/DESCRIPTION':
        return image.description === value;
      default:
        return false;
    }
  });
  if (found !== undefined) return found;
  throw new SetupStop(
    'Windows cannot find the Microsoft Software License Terms. Make sure the installation sources are valid and restart the installation.',
  );
}

function checkUserData(answer: AnswerFile, image: WimImage): void {
  const user = answer.setting('windowsPE', SETUP, 'UserData');
  const key = at(user, 'ProductKey', 'Key');
  if (key !== undefined && !keyFits(key.text.trim(), image)) {
    throw new SetupStop('Windows cannot read the <ProductKey> setting from the unattend answer file.');
  }
  if (textAt(user, 'AcceptEula') !== 'true') {
    throw new SetupStop('Applicable notices and license terms. [ ] I accept the license terms. [Next]');
  }
}

function checkDriver(answer: AnswerFile, hardware: Hardware, discs: readonly Disc[]): void {
  const controller = hardware.diskControllers[0];
  if (controller === undefined)
    throw new SetupStop("We couldn't find any drives. To get a storage driver, click Load driver.");
  const driver = OUT_OF_BOX_CONTROLLERS[controller];
  if (driver === undefined || discs.some((disc) => hasDriver(disc, '$WinPEDriver$', driver))) return;
  const paths = all(answer.setting('windowsPE', DRIVERS, 'DriverPaths'), 'PathAndCredentials').map(
    (path) => textAt(path, 'Path') ?? '',
  );
  const found = paths.some((path) => {
    const disc = discs[path.toUpperCase().charCodeAt(0) - FIRST_CD_LETTER];
    return disc !== undefined && path[1] === ':' && hasDriver(disc, path.slice(2), driver);
  });
  if (!found) {
    throw new SetupStop(
      "Windows could not apply the unattend answer file's <DiskConfiguration> setting. (We couldn't find any drives: the storage driver is missing.)",
    );
  }
}

/** Whether an .inf of the driver's name lies in a folder of a disc or below. */
function hasDriver(disc: Disc, folder: string, driver: string): boolean {
  const path = folder.replaceAll('\\', '/').replace(/^\/+|\/+$/g, '');
  return disc.below(path).some((file) => file.path.toLowerCase().endsWith(`${driver}.inf`));
}

function checkDisk(answer: AnswerFile, hardware: Hardware): void {
  const disk = answer.setting('windowsPE', SETUP, 'DiskConfiguration', 'Disk');
  const target = answer.setting('windowsPE', SETUP, 'ImageInstall', 'OSImage', 'InstallTo');
  if (disk === undefined || target === undefined) throw new SetupStop('Where do you want to install Windows? [Next]');
  const created = all(at(disk, 'CreatePartitions'), 'CreatePartition');
  const types = created.map((partition) => textAt(partition, 'Type')?.toUpperCase());
  const efi = hardware.firmware === 'efi';
  if (textAt(disk, 'WillWipeDisk') !== 'true' || types.includes('EFI') !== efi) {
    throw new SetupStop(
      efi
        ? 'Windows cannot be installed to this disk. The selected disk has an MBR partition table. On EFI systems, Windows can only be installed to GPT disks.'
        : 'Windows cannot be installed to this disk. The selected disk is of the GPT partition style.',
    );
  }
  const partition = created[Number(textAt(target, 'PartitionID')) - 1];
  if (textAt(target, 'DiskID') !== textAt(disk, 'DiskID') || !isLargePrimary(partition)) {
    throw new SetupStop(
      "Windows could not apply the unattend answer file's <DiskConfiguration> setting. (<ImageInstall> names no partition that it makes.)",
    );
  }
}

function isLargePrimary(partition: XmlElement | undefined): boolean {
  if (textAt(partition, 'Type')?.toUpperCase() !== 'PRIMARY') return false;
  return textAt(partition, 'Extend') === 'true' || Number(textAt(partition, 'Size')) >= 20_000;
}
