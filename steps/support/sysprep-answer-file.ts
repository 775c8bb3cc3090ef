import type { Redactor } from '../../common/redactor.ts';
import type { Image } from '../../image/index.ts';
import { administratorPassword, answerFileInputs } from './answer-files.ts';

/** The answer file that the clones of the template meet at their first start. */
export async function sysprepXml(image: Image, redactor: Redactor): Promise<Buffer> {
  const [{ sysprepAnswerFile }, { writeAnswerFile }] = await Promise.all([
    import('../../unattend/sysprep.ts'),
    import('../../unattend/write.ts'),
  ]);
  const file = sysprepAnswerFile({
    ...answerFileInputs(image),
    administratorPassword: await administratorPassword(image, redactor),
  });
  return Buffer.from(writeAnswerFile(file), 'utf8');
}
