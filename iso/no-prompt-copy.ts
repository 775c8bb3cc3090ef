import { constants } from 'node:fs';
import { chmod, copyFile, type FileHandle, open, rm, stat } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';
import { fileSource } from './filesystem.ts';
import { type Media, openMedia } from './media.ts';
import { findNoPrompt, holds, type NoPromptAvailable, noPromptPatch } from './no-prompt.ts';
import { checkOutput, writeChunks, writeOutput } from './output-file.ts';
import type { Patch } from './patch.ts';
import { SECTOR } from './sector.ts';
import { openFileSource } from './source.ts';

export interface CopyOptions {
  /** Replace the file if there is one. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** What became of the copy. */
export type NoPromptCopy =
  | { readonly patched: true; readonly entries: number; readonly fromRba: number; readonly toRba: number }
  /** The media ask for no key as they are: the copy is equal. */
  | { readonly patched: false };

const CHUNK = 1024 * 1024;

/**
 * Copies Windows media and points the EFI boot entry of the copy at the image that asks for no key. Nothing else
 * differs, and nothing is ever written to the original. Where the file system can share blocks, none are copied;
 * elsewhere zeros become holes.
 *
 * @throws IngotError `iso.no-prompt` (the media have no such image, or one that does not fit), `iso.output`,
 *   `iso.file-changed`, and what reading media throws
 */
export async function copyWithoutPrompt(from: string, to: string, options: CopyOptions): Promise<NoPromptCopy> {
  const { force, signal } = options;
  const before = await stat(from).catch(() => undefined);
  await using source = await openFileSource(from);
  const media = await openMedia(source);
  const facts = await findNoPrompt(media.source, media.fileSystem, media.bootEntries);
  const needed = noPromptPatch(facts);
  const patches = facts.available && needed.length > 0 && (await loadsCopy(media, facts)) ? [] : needed;

  const output = checkOutput(to, force);
  if (before !== undefined && output.existing?.dev === before.dev && output.existing.ino === before.ino) {
    throw new IngotError('iso.output', `Expected another file than ${from} to write to, found ${to}`, {
      remedy: 'Name another file: the original is never changed.',
    });
  }
  await writeOutput(output, force, async (temporary) => {
    signal.throwIfAborted();
    if (!(await cloned(from, temporary))) await copied(from, temporary, source.size, signal);
    const after = await stat(from);
    if (before === undefined || after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw changed(from);
    await patch(temporary, patches);
  });
  if (!facts.available || patches.length === 0) return { patched: false };
  return { patched: true, entries: patches.length, fromRba: facts.fromRba, toRba: facts.toRba };
}

/** Whether the entry loads a copy of the image that does not ask, outside of the file system. */
async function loadsCopy({ source, fileSystem }: Media, facts: NoPromptAvailable): Promise<boolean> {
  const file = await fileSystem.lookup(facts.path);
  if (file?.kind !== 'file') return false;
  return holds(source, facts.fromRba * SECTOR, await fileSource(source, file).read(0, file.size));
}

/** Shares all blocks with the original, where the file system can (Btrfs, XFS, APFS, …). */
async function cloned(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch {
    // Whatever is wrong, copying finds it too, and tells it better.
    await rm(to, { force: true });
    return false;
  }
  // The mode is the original's, which may be read-only.
  await chmod(to, (await stat(to)).mode | 0o600);
  return true;
}

async function copied(from: string, to: string, size: number, signal: AbortSignal): Promise<void> {
  await using original = await open(from, 'r');
  await using copy = await open(to, 'wx');
  const zeros = Buffer.alloc(CHUNK);
  const empty = (chunk: Uint8Array) => zeros.subarray(0, chunk.length).equals(chunk);
  await writeChunks(copy, chunksOf(original), signal, empty);
  await copy.truncate(size);
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  const buffers = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)] as const;
  let turn: 0 | 1 = 0;
  for (let offset = 0; ; turn = turn === 0 ? 1 : 0) {
    const { bytesRead, buffer } = await handle.read(buffers[turn], 0, CHUNK, offset);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

async function patch(path: string, patches: readonly Patch[]): Promise<void> {
  if (patches.length === 0) return;
  await using handle = await open(path, 'r+');
  for (const { offset, bytes } of patches) await handle.write(bytes, 0, bytes.length, offset);
}

function changed(path: string): IngotError {
  return new IngotError('iso.file-changed', `Expected ${path} to stay as it is, found that it was written to`, {
    remedy: 'Wait until whatever writes it is done, and do it again.',
    retryable: true,
  });
}
