import type { Redactor } from '../../common/redactor.ts';
import type { Image } from '../../image/index.ts';
import type { AnswerFile } from '../../unattend/model.ts';
import { type AnswerSecrets, answerFileInputs, answerSecrets, resolveJoin } from './answer-files.ts';
import { checkedXml } from './checked-answer-file.ts';
import { extraSettings } from './extra-settings.ts';

/** The answer file that the clones of the template meet at their first start. */
export async function sysprepFile(config: Image, { administratorPassword, read }: AnswerSecrets): Promise<AnswerFile> {
  const { sysprepAnswerFile } = await import('../../unattend/sysprep.ts');
  const { sysprep, unattend } = config.windows;
  return sysprepAnswerFile({
    ...answerFileInputs(config),
    computerName: sysprep.computerName,
    administratorPassword,
    extendOsPartition: sysprep.extendOsPartition,
    network: sysprep.network,
    domainJoin: await resolveJoin(sysprep.domainJoin, read),
    extra: await extraSettings(unattend.sysprep, read),
  });
}

/**
 * The same as XML, for one build. Without a password: only to be looked at, see `answerSecrets`.
 *
 * @throws IngotError `unattend.lint` with every finding
 */
export async function sysprepXml(
  config: Image,
  redactor: Redactor,
  warn: (message: string) => void,
  password?: string,
): Promise<Buffer> {
  const file = await sysprepFile(config, await answerSecrets(config, redactor, password));
  return checkedXml(file, { use: 'sysprep' }, warn);
}
