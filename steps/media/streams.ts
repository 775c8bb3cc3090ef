import { createHash, type Hash } from 'node:crypto';
import { applyPatches, type Patch } from '../../iso/patch.ts';

/** SHA-256 (hex) of a stream. */
export async function digestStream(
  stream: AsyncIterable<Uint8Array>,
  onProgress: (done: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    done += chunk.length;
    onProgress(done);
  }
  return hash.digest('hex');
}

/** The patched bytes; `hash` takes in the bytes before. */
export function patchedStream(
  stream: AsyncIterable<Uint8Array>,
  hash: Hash,
  patches: readonly Patch[],
): AsyncIterable<Uint8Array> {
  return applyPatches(hashed(stream, hash), patches);
}

async function* hashed(stream: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    hash.update(chunk);
    yield chunk;
  }
}
