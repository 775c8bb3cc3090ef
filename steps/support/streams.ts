import { createReadStream } from 'node:fs';
import { IngotError } from '../../common/failure.ts';
import { applyPatches } from '../../iso/patch.ts';
import type { IsoImage } from '../../iso/writer/write.ts';

/** The bytes of a local disc image with the patches of inspect-media applied on the way. */
export function isoStream(
  path: string,
  patches: readonly { readonly offset: number; readonly bytes: string }[],
): AsyncIterable<Uint8Array> {
  const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
  const decoded = patches.map(({ offset, bytes }) => ({ offset, bytes: Buffer.from(bytes, 'base64') }));
  return decoded.length === 0 ? stream : applyPatches(stream, decoded);
}

/** The answer disc of this process. Another process cannot have it: its records are void without the VM that has it. */
export function answerDiscStream(disc: IsoImage | undefined): AsyncIterable<Uint8Array> {
  if (disc !== undefined) return disc;
  throw new IngotError('answer-disc.gone', 'expected the answer disc of this build, found that it was not written', {
    remedy: 'this is a defect of ingot: report it with the journal',
  });
}
