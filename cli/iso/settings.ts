import { type BuildGate, buildGate } from '../../iso/build-gate.ts';
import { type ImageSettings, settingsFor } from '../../iso/choose.ts';
import type { MediaFacts } from '../../iso/inspect.ts';
import { kmsClientKey } from '../../unattend/kms-keys.ts';

/** What an image file says to install one image of the media. Plain JSON. */
export type FittingSettings = ImageSettings & {
  /** Index of the image in the WIM. */
  readonly index: number;
  /** `none` for evaluation media and editions without a public key. */
  readonly productKey: 'kms' | 'none';
  /** The public KMS client key that `kms` stands for. */
  readonly kmsClientKey: { readonly name: string; readonly key: string } | null;
  readonly uiLanguage: string;
  readonly gate: BuildGate;
  /** It is what ingot takes when the image file names no edition and installation type. */
  readonly isDefault: boolean;
};

/** For each image that ingot can install. */
export function settingsOf({ images }: Pick<MediaFacts, 'images'>): readonly FittingSettings[] {
  return images.flatMap((image) => {
    const settings = settingsFor(images, image);
    if (settings === undefined) return [];
    const { version, edition, installationType, select } = settings;
    const key =
      image.evaluation || edition === null
        ? null
        : { name: `Windows Server ${version} ${edition}`, key: kmsClientKey(version, edition) };
    return {
      index: image.index,
      ...settings,
      productKey: key === null ? 'none' : 'kms',
      kmsClientKey: key,
      uiLanguage: uiLanguage(image.languages),
      gate: buildGate(image, version),
      isDefault: select === null && edition === 'Standard' && installationType === 'Server Core',
    };
  });
}

/** The one to propose: ingot's defaults where they fit, else the first. */
export function proposed(settings: readonly FittingSettings[]): FittingSettings | undefined {
  return settings.find(({ isDefault }) => isDefault) ?? settings[0];
}

/** English where there is English: what the image file takes by itself. */
function uiLanguage(languages: readonly string[]): string {
  return languages.find((language) => language.toLowerCase() === 'en-us') ?? languages[0] ?? 'en-US';
}
