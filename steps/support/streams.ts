import { IngotError } from '../../common/failure.ts';
import type { IsoImage } from '../../iso/writer/write.ts';

/** The answer disc of this process. Another process cannot have it: its records are void without the VM that has it. */
export function answerDiscStream(disc: IsoImage | undefined): AsyncIterable<Uint8Array> {
  if (disc !== undefined) return disc;
  throw new IngotError('answer-disc.gone', 'expected the answer disc of this build, found that it was not written', {
    remedy: 'this is a defect of ingot: report it with the journal',
  });
}
