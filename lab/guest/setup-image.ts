import type { WimImage } from '../disc/wim.ts';
import { all, at, textAt } from '../xml.ts';
import type { AnswerFile } from './answer-file.ts';
import { isProductKey, keyFits } from './product-keys.ts';
import { pageOr } from './setup-page.ts';
import { SetupStop, WORDS } from './setup-stop.ts';

const SETUP = 'Microsoft-Windows-Setup';

/** The image that the answer file names; without a name the only one, or the only one that its product key fits. */
export function chooseImage(answer: AnswerFile, images: readonly WimImage[]): WimImage {
  const osImage = answer.setting('windowsPE', SETUP, 'ImageInstall', 'OSImage');
  const page = pageOr(osImage, WORDS.selectImage);
  const wanted = all(at(osImage, 'InstallFrom'), 'MetaData');
  if (wanted.length === 0) {
    const key = answer.text('windowsPE', SETUP, 'UserData', 'ProductKey', 'Key');
    const fitting = key ? images.filter((image) => keyFits(key, image)) : images;
    const [only, second] = fitting;
    if (only !== undefined && second === undefined) return only;
    throw page.missing(WORDS.noImages);
  }
  const found = images.find((image) =>
    wanted.every((data) => isNamed(image, textAt(data, 'Key') ?? '', textAt(data, 'Value') ?? '')),
  );
  if (found === undefined) throw page.missing(WORDS.noImages);
  return found;
}

function isNamed(image: WimImage, key: string, value: string): boolean {
  switch (key.toUpperCase()) {
    case '/IMAGE/INDEX':
      return String(image.index) === value;
    case '/IMAGE/NAME':
      return image.name === value;
    case '/IMAGE/DESCRIPTION':
      return image.description === value;
    default:
      return false;
  }
}

/** Product key and license. An evaluation takes no key; an empty `<Key/>` is one that can't be read. */
export function checkUserData(answer: AnswerFile, image: WimImage): void {
  const user = answer.setting('windowsPE', SETUP, 'UserData');
  pageOr(at(user, 'ProductKey'), WORDS.enterProductKey);
  const key = textAt(user, 'ProductKey', 'Key');
  if (key === undefined && at(user, 'ProductKey') !== undefined && !image.editionId.endsWith('Eval')) {
    throw new SetupStop(WORDS.productKey);
  }
  if (key !== undefined && key !== '' && !isProductKey(key)) throw new SetupStop(WORDS.invalidProductKey);
  if (key !== undefined && !keyFits(key, image)) throw new SetupStop(WORDS.productKey);
  if (textAt(user, 'AcceptEula') !== 'true') throw new SetupStop(WORDS.license);
}
