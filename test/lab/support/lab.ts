import { after } from 'node:test';
import { type RunningLab, startLab } from '../../../lab/client.ts';
import { temporaryFolder } from './media.ts';

/** A lab and the path of a folder for the tests of a suite; both go with it. For the body of the suite, which awaits them. */
export async function suiteLab(): Promise<{ readonly lab: RunningLab; readonly folder: string }> {
  const lab = await startLab();
  after(() => lab.stop());
  const folder = await temporaryFolder();
  after(() => folder[Symbol.asyncDispose]());
  return { lab, folder: folder.path };
}
