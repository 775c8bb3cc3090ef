import { SECTOR, sectors } from '../sector.ts';
import { type Content, fileContent, memoryContent, zeros } from './content.ts';
import type { Layout } from './layout.ts';

export interface ReadOptions {
  /** A buffer to fill. Who gives the same one out again must be done with what was in it. */
  readonly buffer: () => Buffer;
  /**
   * Files of at most so many bytes are read synchronously: several times as fast, but all else waits meanwhile. For a
   * process that does nothing beside.
   */
  readonly syncUpTo: number;
}

/**
 * The disc's bytes in filled buffers, the last one shorter. No more is held than the head and the buffer.
 *
 * @throws IngotError `iso.file`, `iso.file-changed`
 */
export async function* discBytes(
  layout: Layout,
  { buffer: next, syncUpTo }: ReadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  let buffer = next();
  let filled = 0;
  for (const content of contents(layout, syncUpTo)) {
    try {
      for (let from = 0; from < content.length; ) {
        const length = Math.min(content.length - from, buffer.length - filled);
        const reading = content.read(buffer.subarray(filled, filled + length), from);
        if (reading !== undefined) await reading;
        from += length;
        filled += length;
        if (filled < buffer.length) continue;
        yield buffer;
        buffer = next();
        filled = 0;
      }
      await content.check?.();
    } finally {
      await content.close?.();
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

function* contents(layout: Layout, syncUpTo: number): Generator<Content, void, undefined> {
  yield memoryContent(layout.head());
  for (const file of layout.files) {
    yield fileContent(file, file.size <= syncUpTo);
    const padding = sectors(file.size) * SECTOR - file.size;
    if (padding > 0) yield zeros(padding);
  }
}
