import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { BuildGate } from '../../iso/choose.ts';
import type { Patch } from '../../iso/patch.ts';
import type { RangedSource } from '../../iso/source.ts';
import type { WindowsImage } from '../../iso/wim-xml.ts';

/**
 * How the VM gets past “Press any key to boot from CD or DVD”: nothing asks (a BIOS with an empty disk, or media that never
 * do), the boot catalogue is patched while the ISO is uploaded, or a key is typed when the media ask.
 */
export type BootPrompt = 'bios' | 'never' | 'patched' | 'typed';

/** What is on the ISO, and which Windows of it is installed. */
export interface IsoFacts {
  readonly volumeLabel: string;
  /** Bytes. */
  readonly size: number;
  readonly evaluation: boolean;
  readonly bootPrompt: BootPrompt;
  /** Why the ISO cannot be patched, when a key has to be typed. */
  readonly unpatchable?: string | undefined;
  readonly patches: readonly Patch[];
  readonly image: WindowsImage;
  readonly gate: BuildGate;
}

/**
 * Reads an ISO in ranges and chooses the image to install.
 *
 * @throws IngotError `iso.*`, `media.image`, `media.architecture`, `media.build`, `media.language`, `media.settings`
 */
export async function readFacts(config: Image, source: RangedSource): Promise<IsoFacts> {
  const [{ chooseImage }, { inspectMedia }, { noPromptPatch }] = await Promise.all([
    import('../../iso/choose.ts'),
    import('../../iso/inspect.ts'),
    import('../../iso/no-prompt.ts'),
  ]);
  const { volumeLabel, size, evaluation, noPrompt, images } = await inspectMedia(source);
  const { version, edition, installationType } = config.windows;
  const { image, gate } = chooseImage(images, { version, edition, installationType, select: config.media.edition });
  checkLanguage(config.media.language, image);
  checkChosen(config, image, evaluation);
  const common = { volumeLabel, size, evaluation, image, gate };
  // A BIOS starts the CD without asking while the disk is empty.
  if (config.hardware.firmware === 'bios') return { ...common, bootPrompt: 'bios', patches: [] };
  if (!noPrompt.available) return { ...common, bootPrompt: 'typed', unpatchable: noPrompt.reason, patches: [] };
  const patches = noPromptPatch(noPrompt);
  return { ...common, bootPrompt: patches.length === 0 ? 'never' : 'patched', patches };
}

/** In words, for the plan and the log. */
export function describePrompt({ bootPrompt, unpatchable }: Pick<IsoFacts, 'bootPrompt' | 'unpatchable'>): string {
  if (bootPrompt === 'patched') return 'no prompt: patched on upload';
  if (bootPrompt === 'bios') return 'no prompt: a BIOS starts the CD unasked while the disk is empty';
  if (bootPrompt === 'never') return 'no prompt: these media do not ask for a key';
  return `prompt: a key is typed when the media ask for one, since ${unpatchable ?? 'they cannot be patched'}`;
}

/** Setup stops at a page of its own when the language of its answer file is not on the media. */
function checkLanguage(wanted: string, image: WindowsImage): void {
  const { languages } = image;
  if (languages.length === 0 || languages.some((language) => language.toLowerCase() === wanted.toLowerCase())) return;
  throw new IngotError('media.language', `expected ${wanted} in image ${image.index}, found ${languages.join(', ')}`, {
    remedy: 'set windows.uiLanguage to a language of the ISO, or use another ISO',
  });
}

/** `media.edition` can name an image that the other settings do not fit: the answer file and the key go by those. */
function checkChosen(
  { windows }: Image,
  { index, name, editionId, installationType }: WindowsImage,
  evaluation: boolean,
) {
  const wrong: string[] = [];
  if (installationType !== windows.installationType) wrong.push(`windows.installationType: ${installationType}`);
  const edition = /^Server(Standard|Datacenter)(Eval)?(A?Cor)?$/i.exec(editionId)?.[1];
  const keyGoesByEdition = windows.productKey === 'kms' && !evaluation;
  if (keyGoesByEdition && edition?.toLowerCase() !== windows.edition.toLowerCase()) {
    wrong.push(
      edition === undefined ? 'windows.productKey: none, or a key of this edition' : `windows.edition: ${edition}`,
    );
  }
  if (wrong.length === 0) return;
  throw new IngotError(
    'media.settings',
    `expected image ${index} (${name}) to fit windows.edition ${windows.edition} and windows.installationType ${windows.installationType}, found ${editionId}, ${installationType}`,
    { remedy: `set ${wrong.join(' and ')}, or name another image in media.edition` },
  );
}
