import { createReadStream } from 'node:fs';
import { IngotError } from '../../common/failure.ts';
import type { IsoImage } from '../../iso/writer/write.ts';

/** The bytes of a local file. */
export function fileStream(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 2 ** 20, signal });
}

/** The answer disc of this process. Another process cannot have it: its records are void without the VM that has it. */
export function answerDiscStream(disc: IsoImage | undefined): AsyncIterable<Uint8Array> {
  if (disc !== undefined) return disc;
  throw new IngotError('answer-disc.gone', 'expected the answer disc of this build, found that it was not written', {
    remedy: 'this is a defect of ingot: report it with the journal',
  });
}
