import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { IngotError } from '../../common/failure.ts';

export interface LocalFile {
  readonly path: string;
  /** With `/`, below the folder that was named; the name itself for a single file. */
  readonly relative: string;
  /** The file is what was named, not something below it. */
  readonly isRoot: boolean;
}

/**
 * A file, or all files below a folder, in an order that does not depend on the file system.
 *
 * @param field of the image file, for the remedy when there is nothing
 */
export async function localFiles(path: string, field = 'upload.from'): Promise<readonly LocalFile[]> {
  const info = await stat(path).catch((cause) => {
    throw new IngotError('step.upload', `expected a file or folder at ${path}, found nothing that can be read`, {
      remedy: `put it there or correct \`${field}\``,
      cause,
    });
  });
  if (!info.isDirectory()) return [{ path, relative: basename(path), isRoot: true }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: file, relative: relative(path, file).split(sep).join('/'), isRoot: false }))
    .sort((a, b) => (a.relative < b.relative ? -1 : 1));
}
