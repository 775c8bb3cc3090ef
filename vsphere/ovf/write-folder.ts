import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FinishedPackage,
  openPartial,
  type PackageWriter,
  type WrittenFile,
  writeError,
  writePieces,
} from './writer.ts';

/**
 * Writes `DIRECTORY/NAME/NAME.ovf` with its files. They are written in a folder beside it, which then takes the name; a
 * folder that has the name goes away for it, in two renames with a moment between them.
 */
export async function folderWriter(directory: string, name: string): Promise<PackageWriter> {
  const partial = join(directory, `.${name}.partial`);
  const final = join(directory, name);
  const lockPath = join(directory, `.${name}.lock`);
  const lock = await openPartial(lockPath);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true }).catch((error: unknown) => {
    throw writeError(partial, error);
  });
  const write = async (
    file: string,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<WrittenFile> => {
    const path = join(partial, file);
    const handle = await open(path, 'w').catch((error: unknown) => {
      throw writeError(path, error);
    });
    try {
      const written = await writePieces(handle, 0, file, touching(pieces, lock));
      await handle.sync();
      return written;
    } finally {
      await handle.close();
    }
  };
  const release = async () => {
    await lock.close();
    await rm(lockPath, { force: true });
  };
  return {
    begin: () => Promise.resolve(),
    file: write,
    async finish(text, manifest): Promise<FinishedPackage> {
      const descriptor = await write(`${name}.ovf`, [Buffer.from(text)]);
      const written = await write(`${name}.mf`, [Buffer.from(manifest(descriptor))]);
      await replaceFolder(directory, partial, name);
      await release();
      return { path: join(final, `${name}.ovf`), descriptor, manifest: written };
    },
    async discard() {
      await rm(partial, { recursive: true, force: true });
      await release();
    },
  };
}

async function replaceFolder(directory: string, partial: string, name: string): Promise<void> {
  const final = join(directory, name);
  const old = join(directory, `.${name}.old`);
  await rm(old, { recursive: true, force: true });
  const there = (await readdir(directory)).includes(name);
  if (there) await rename(final, old);
  await rename(partial, final).catch(async (error: unknown) => {
    if (there) await rename(old, final);
    throw writeError(final, error);
  });
  await rm(old, { recursive: true, force: true });
}

/** The lock's time says that its export is alive. */
async function* touching(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  lock: { utimes(access: Date, modified: Date): Promise<void> },
): AsyncGenerator<Uint8Array> {
  let touched = 0;
  for await (const piece of pieces) {
    const now = Date.now();
    if (now - touched > 10_000) {
      await lock.utimes(new Date(now), new Date(now));
      touched = now;
    }
    yield piece;
  }
}
