import type { Image } from '../../image/index.ts';
import type { AnswerFile } from '../../unattend/model.ts';
import { type AnswerSecrets, answerFileInputs, productKey } from './answer-files.ts';
import type { CheckContext } from './checked-answer-file.ts';
import { discDriverPaths } from './disc-files.ts';
import { extraSettings } from './extra-settings.ts';

/** The label by which the first logon finds the answer disc, whatever letter its drive has. */
export const volumeLabel = 'INGOT';

/** What the answer file of Setup has to know of the media. */
export interface AnsweredMedia {
  /** Of the image in `sources/install.wim`: its index, or its NAME where the media are not at hand. */
  readonly image: { readonly index: number } | { readonly name: string };
  readonly evaluation: boolean;
}

/** The answer file of Windows Setup that an image file and its media ask for. */
export async function installFile(
  config: Image,
  media: AnsweredMedia,
  { administratorPassword, read }: AnswerSecrets,
): Promise<AnswerFile> {
  const { installAnswerFile } = await import('../../unattend/install.ts');
  const { installationType, recoveryPartition, network, unattend } = config.windows;
  return installAnswerFile({
    ...answerFileInputs(config),
    firmware: config.hardware.firmware,
    image: media.image,
    productKey: await productKey(config, media.evaluation, read),
    installationType,
    administratorPassword,
    administratorName: config.openssh.username,
    bootstrap: { volumeLabel, script: 'bootstrap.ps1' },
    recoveryPartition,
    driverPaths: discDriverPaths(config.media.drivers),
    network,
    extra: await extraSettings(unattend.install, read),
  });
}

/** What the linter should know of an image on the media. */
export function installContext(
  { hardware, windows }: Image,
  image: { readonly editionId: string; readonly languages: readonly string[] },
  evaluation: boolean,
): CheckContext {
  return {
    use: 'install',
    firmware: hardware.firmware,
    version: windows.version,
    // ServerStandard, ServerDatacenterEval, ServerStandardACor; an edition of another name has no key that is known.
    edition: /^Server(Standard|Datacenter)/.exec(image.editionId)?.[1],
    evaluation,
    languages: image.languages.length === 0 ? undefined : image.languages,
  };
}
