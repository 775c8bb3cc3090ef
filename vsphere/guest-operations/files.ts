import { isFault } from '../fault.ts';
import type { ReadOptions } from '../properties.ts';
import type { CallOptions } from '../session.ts';
import type { GuestFileInfo } from '../vim25.gen.ts';
import type { GuestTarget } from './target.ts';

/** Entries of one answer; the default of the API is 50. */
const PAGE = 200;

/**
 * ListFilesInGuest: the entries of a folder (`.` and `..` among them), or the one of a file; `path` holds the name only.
 * undefined when there is nothing of that path. Paths as Windows writes them: `C:\folder\file`.
 */
export async function listFiles(
  { vc, vm, auth, files }: GuestTarget,
  filePath: string,
  options: ReadOptions = {},
): Promise<readonly GuestFileInfo[] | undefined> {
  const found: GuestFileInfo[] = [];
  try {
    for (;;) {
      const params = { vm, auth, filePath, index: found.length, maxResults: PAGE };
      const page = await vc.call('ListFilesInGuest', files, params, options);
      found.push(...(page.files ?? []));
      if (page.remaining === 0 || (page.files ?? []).length === 0) return found;
    }
  } catch (error) {
    if (isFault(error, 'FileNotFound')) return undefined;
    throw error;
  }
}

/** MakeDirectoryInGuest, with those above it. One that exists is no failure. */
export async function makeFolder(
  { vc, vm, auth, files }: GuestTarget,
  directoryPath: string,
  options: ReadOptions = {},
): Promise<void> {
  try {
    await vc.call(
      'MakeDirectoryInGuest',
      files,
      { vm, auth, directoryPath, createParentDirectories: true },
      again(options),
    );
  } catch (error) {
    if (!isFault(error, 'FileAlreadyExists')) throw error;
  }
}

/** DeleteFileInGuest; a file that does not exist is no failure. */
export async function deleteFile(
  { vc, vm, auth, files }: GuestTarget,
  filePath: string,
  options: ReadOptions = {},
): Promise<void> {
  try {
    await vc.call('DeleteFileInGuest', files, { vm, auth, filePath }, again(options));
  } catch (error) {
    if (!isFault(error, 'FileNotFound')) throw error;
  }
}

/** DeleteDirectoryInGuest with all that is in it; one that does not exist is no failure. */
export async function deleteFolder(
  { vc, vm, auth, files }: GuestTarget,
  directoryPath: string,
  options: ReadOptions = {},
): Promise<void> {
  try {
    await vc.call('DeleteDirectoryInGuest', files, { vm, auth, directoryPath, recursive: true }, again(options));
  } catch (error) {
    if (!isFault(error, 'FileNotFound')) throw error;
  }
}

/** MoveFileInGuest, in place of a file that is there. A read-only one is refused by Windows. */
export function replaceFile(
  { vc, vm, auth, files }: GuestTarget,
  srcFilePath: string,
  dstFilePath: string,
  options: ReadOptions = {},
): Promise<void> {
  return vc.call('MoveFileInGuest', files, { vm, auth, srcFilePath, dstFilePath, overwrite: true }, options);
}

/** ChangeFileAttributesInGuest: takes the read-only attribute off a file, or puts it on. */
export function setReadOnly(
  { vc, vm, auth, files }: GuestTarget,
  guestFilePath: string,
  readOnly: boolean,
  options: ReadOptions = {},
): Promise<void> {
  const fileAttributes = { $type: 'GuestWindowsFileAttributes', readOnly } as const;
  return vc.call('ChangeFileAttributesInGuest', files, { vm, auth, guestFilePath, fileAttributes }, again(options));
}

/** What ends the same when it is done twice is sent again after a lost answer. */
const again = (options: ReadOptions): CallOptions => ({ ...options, repeatable: true });
