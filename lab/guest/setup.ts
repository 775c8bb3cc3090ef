import type { Disc } from '../disc/disc.ts';
import { readWimImages, type WimImage } from '../disc/wim.ts';
import { AnswerFile } from './answer-file.ts';
import type { Hardware } from './hardware.ts';
import { visibleDisks } from './pe-drivers.ts';
import { checkCommands } from './run-commands.ts';
import { checkDisks } from './setup-disk.ts';
import { checkUserData, chooseImage } from './setup-image.ts';
import { pageOr } from './setup-page.ts';
import { SetupStop, WORDS } from './setup-stop.ts';

const LANGUAGE = 'Microsoft-Windows-International-Core-WinPE';
const MINIMUM_MEMORY_MB = 512;

/** What Windows PE's Setup settled before it copies files. */
export interface SetupPlan {
  readonly answer: AnswerFile;
  readonly image: WimImage;
}

/**
 * The windowsPE pass: finds Autounattend.xml at the root of a CD and checks what Setup would stop at, in its order.
 * Throws SetupStop with the words of the dialog, or of the page that waits for a person.
 */
export async function planSetup(hardware: Hardware, discs: readonly Disc[], media: Disc): Promise<SetupPlan> {
  if (hardware.memoryMB < MINIMUM_MEMORY_MB) throw new SetupStop(WORDS.memory);
  const answer = await findAnswerFile(discs);
  answer.enter('windowsPE');
  answer.enter('offlineServicing');
  checkCommands(answer, 'windowsPE', 'Microsoft-Windows-Setup');
  await checkLanguage(answer, media);
  const images = await readWimImages(media, 'sources/install.wim');
  if (images === undefined) throw new SetupStop(WORDS.mediaDriver);
  const image = chooseImage(answer, images);
  checkUserData(answer, image);
  checkDisks(answer, hardware.firmware, visibleDisks(answer, hardware, discs));
  return { answer, image };
}

async function findAnswerFile(discs: readonly Disc[]): Promise<AnswerFile> {
  for (const disc of discs) {
    const file = disc.find('autounattend.xml');
    if (file !== undefined) return AnswerFile.parse(await disc.read(file));
  }
  throw new SetupStop(WORDS.selectLanguage);
}

/** The language of Setup itself must be on the media, else its page asks; `sources/lang.ini` says what is there. */
async function checkLanguage(answer: AnswerFile, media: Disc): Promise<void> {
  const page = pageOr(answer.setting('windowsPE', LANGUAGE, 'SetupUILanguage'), WORDS.selectLanguage);
  const installed = answer.text('windowsPE', LANGUAGE, 'UILanguage');
  const shown = answer.text('windowsPE', LANGUAGE, 'SetupUILanguage', 'UILanguage') ?? installed;
  if (shown === undefined || installed === undefined) throw page.missing(WORDS.selectLanguage);
  const text = (await media.text('sources/lang.ini'))?.toLowerCase() ?? '';
  const available = [...text.matchAll(/([a-z]{2,3}-[\w-]+)\s*=\s*\d/g)].map(([, name]) => name);
  if (available.length === 0) return;
  if (!available.includes(shown.toLowerCase()) || !available.includes(installed.toLowerCase())) {
    throw page.missing(WORDS.selectLanguage);
  }
}
