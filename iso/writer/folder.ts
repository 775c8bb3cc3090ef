import { type Dirent, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import type { IsoEntry } from './tree.ts';

const MOST_SHOWN = 20;

/**
 * All that lies below a folder of this machine, as entries of a disc. Symbolic links are not followed but refused: a
 * disc has none, and what one leads to may be anywhere, even above itself.
 *
 * @throws IngotError `iso.folder`: no folder, or one that cannot be read; `iso.special-file`: symbolic links, devices,
 *   sockets and pipes, all of them
 */
export function folderEntries(folder: string): readonly IsoEntry[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new IngotError('iso.folder', `Expected a folder at ${folder}, found none`, { remedy: 'Check the path.' });
  }
  const entries: IsoEntry[] = [];
  const special: string[] = [];
  const waiting = [''];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const found = list(join(folder, path));
    if (found.length === 0 && path !== '') entries.push({ path, folder: true });
    for (const entry of found) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(below);
      else if (entry.isFile()) entries.push(fileEntry(folder, below));
      else special.push(described(folder, below, entry));
    }
  }
  if (special.length > 0) throw specialFiles(folder, special);
  return entries;
}

function list(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    throw unreadable('iso.folder', path, cause);
  }
}

function fileEntry(folder: string, path: string): IsoEntry {
  const file = join(folder, path);
  // What stands for bytes that are no UTF-8: the name that was read is not the name of the file.
  if (path.includes('\ufffd')) {
    throw new IngotError('iso.path', `Expected a path in UTF-8, found “${path}”`, { remedy: 'Rename it.' });
  }
  try {
    const { size, ino, mtimeMs } = lstatSync(file);
    return { path, file, state: { size, ino, mtimeMs } };
  } catch (cause) {
    throw unreadable('iso.file', file, cause);
  }
}

function described(folder: string, path: string, entry: Dirent): string {
  if (entry.isSymbolicLink()) return `${path}: a symbolic link to ${readlinkSync(join(folder, path))}`;
  if (entry.isFIFO()) return `${path}: a pipe`;
  return entry.isSocket() ? `${path}: a socket` : `${path}: a device`;
}

function specialFiles(folder: string, found: readonly string[]): IngotError {
  const rest = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  return new IngotError('iso.special-file', `Expected only files and folders in ${folder}, found ${found[0]}${rest}`, {
    remedy: `Put a copy of what a link leads to in its place, as cp -rL does, and remove the rest.`,
    evidence: found.slice(0, MOST_SHOWN),
  });
}

function unreadable(code: string, path: string, cause: unknown): IngotError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new IngotError(code, `Expected to read ${path}, found: ${why}`, { remedy: 'Check its permissions.', cause });
}
