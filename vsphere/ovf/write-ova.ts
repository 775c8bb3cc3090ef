import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import { BLOCK, padded, tarHeader } from './tar.ts';
import { type FinishedPackage, openPartial, type PackageWriter, writeError, writePieces } from './writer.ts';

/** What a file's size, capacity and populated size may add to the descriptor, once they are known. */
const PER_FILE = 512;
const SLACK = 2048;
const DIGEST = 64;

/**
 * Writes `DIRECTORY/NAME.ova`: a tar with the descriptor first, then the manifest, then the files in the descriptor's order
 * (DMTF DSP0243, section 5.3). Both of the former depend on the latter, whose sizes are known only at their end. So room is
 * left for them, and each header is written when its file is there: one pass, no second copy of a disk. What the descriptor
 * does not fill of its room is filled with line feeds behind its last element, as XML allows.
 */
export async function ovaWriter(directory: string, name: string): Promise<PackageWriter> {
  const partial = join(directory, `.${name}.ova.partial`);
  const final = join(directory, `${name}.ova`);
  const handle = await openPartial(partial);
  const modified = new Date();
  let room = { descriptor: 0, manifest: 0 };
  let end = 0;
  const put = async (file: string, place: number, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
    const written = await writePieces(handle, place + BLOCK, file, pieces);
    await handle.write(tarHeader(file, written.bytes, modified), 0, BLOCK, place);
    return written;
  };
  return {
    async begin({ descriptor, files }) {
      for (const file of files) tarHeader(file, 0, modified);
      const lines = [`${name}.ovf`, ...files].map((file) => `SHA256(${file})= ${'0'.repeat(DIGEST)}\n`);
      room = {
        descriptor: padded(Buffer.byteLength(descriptor) + SLACK + PER_FILE * files.length),
        manifest: Buffer.byteLength(lines.join('')),
      };
      end = 2 * BLOCK + room.descriptor + padded(room.manifest);
    },
    async file(file, pieces) {
      const written = await put(file, end, pieces);
      end += BLOCK + padded(written.bytes);
      return written;
    },
    async finish(text, manifest): Promise<FinishedPackage> {
      const missing = room.descriptor - Buffer.byteLength(text);
      if (missing < 0) throw tooLong(name, room.descriptor, Buffer.byteLength(text));
      const descriptor = await put(`${name}.ovf`, 0, [Buffer.from(text + '\n'.repeat(missing))]);
      const lines = Buffer.from(manifest(descriptor));
      if (lines.length !== room.manifest) throw tooLong(`${name}.mf`, room.manifest, lines.length);
      const written = await put(`${name}.mf`, BLOCK + room.descriptor, [lines]);
      // Two blocks of zeroes end an archive; what was not written before them reads as zeroes too.
      await handle.truncate(end + 2 * BLOCK);
      await handle.sync();
      await handle.close();
      await rename(partial, final).catch((error: unknown) => {
        throw writeError(final, error);
      });
      return { path: final, descriptor, manifest: written };
    },
    async discard() {
      await handle.close().catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}

function tooLong(name: string, room: number, found: number): IngotError {
  return new IngotError('ovf.descriptor', `expected at most ${room} bytes for ${name}, found ${found}`, {
    remedy: 'Export with format ovf: a folder has room for a descriptor of any length.',
  });
}
