import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { win32 } from 'node:path';
import type { TransferOptions } from '../files.ts';
import type { GuestOperations, GuestSource, SignalOption } from './operations.ts';

/** `/C:/folder/file`, as callers write paths, in the way that Windows does. */
export function windowsPath(path: string): string {
  return path.replace(/^\//, '').replaceAll('/', '\\');
}

/** Writes a file whole, over one that is there, and makes its folder if need be: readers see the old bytes or the new. */
export function writeFile(
  operations: GuestOperations,
  path: string,
  bytes: Uint8Array,
  options: SignalOption,
): Promise<void> {
  return replaceWith(operations, path, { size: bytes.length, open: () => [bytes] }, options);
}

/** Copies a local file of any size, memory flat. */
export async function uploadFile(
  operations: GuestOperations,
  localPath: string,
  path: string,
  { signal, onProgress }: TransferOptions,
): Promise<void> {
  const { size } = await stat(localPath);
  const open = (): AsyncIterable<Uint8Array> => createReadStream(localPath, { highWaterMark: 256 * 1024 });
  const tell = onProgress && ((bytes: number) => onProgress(bytes, size));
  await replaceWith(operations, path, { size, open }, { signal, onProgress: tell });
}

/**
 * A temporary file beside the target, moved over it: whatever breaks off before that leaves the old one. Windows refuses
 * that for a read-only target: the attribute is taken off, and the new file gets it.
 */
async function replaceWith(
  operations: GuestOperations,
  path: string,
  source: GuestSource,
  options: SignalOption & { readonly onProgress?: ((bytes: number) => void) | undefined },
): Promise<void> {
  const { signal } = options;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.ingot`;
  const [old] = (await operations.list(path, { signal })) ?? [];
  if (old === undefined) await operations.makeFolder(win32.dirname(path), { signal });
  try {
    await operations.write(temporary, source, options);
    if (old?.readOnly) await operations.setReadOnly(path, false, { signal });
    await operations.replace(temporary, path, { signal });
  } catch (error) {
    // What counts is the first failure.
    const cleaning = AbortSignal.timeout(5000);
    await operations.deleteFile(temporary, { signal: cleaning }).catch(() => {});
    if (old?.readOnly) await operations.setReadOnly(path, true, { signal: cleaning }).catch(() => {});
    throw error;
  }
  if (old?.readOnly) await operations.setReadOnly(path, true, { signal });
}
