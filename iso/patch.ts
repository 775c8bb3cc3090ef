import { IngotError } from '../common/failure.ts';

/** Bytes to put in place of others of the same number. `offset` is absolute in the stream. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Passes a stream of bytes on with patches applied: chunks that no patch touches go through as they are, a touched
 * one is copied first. Patches may cross chunks; they must not overlap.
 *
 * @throws IngotError `iso.patch` when the stream ends before a patch
 */
export async function* applyPatches(
  stream: AsyncIterable<Uint8Array>,
  patches: readonly Patch[],
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  for await (const chunk of stream) {
    const end = offset + chunk.length;
    const touching = patches.filter((patch) => patch.offset < end && patch.offset + patch.bytes.length > offset);
    if (touching.length === 0) yield chunk;
    else yield patched(chunk, offset, touching);
    offset = end;
  }
  const missed = patches.find((patch) => patch.offset + patch.bytes.length > offset);
  if (missed !== undefined) {
    throw new IngotError(
      'iso.patch',
      `Expected a byte to patch at ${missed.offset}, but the stream ends at ${offset}`,
      {
        remedy: 'The file changed since it was inspected: run the build again.',
        retryable: true,
      },
    );
  }
}

function patched(chunk: Uint8Array, offset: number, patches: readonly Patch[]): Uint8Array {
  const copy = Uint8Array.from(chunk);
  for (const patch of patches) {
    const from = Math.max(patch.offset, offset);
    const to = Math.min(patch.offset + patch.bytes.length, offset + chunk.length);
    copy.set(patch.bytes.subarray(from - patch.offset, to - patch.offset), from - offset);
  }
  return copy;
}
