import type { Dirent } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { GuestError } from './errors.ts';
import { messageOf } from './wait.ts';
import { filePathProblem, nameProblem, pathProblem } from './windows-names.ts';

export interface LocalFile {
  readonly local: string;
  /** Its path in the guest, as SFTP wants it. */
  readonly path: string;
}

export interface LocalTree {
  /** Paths in the guest, each after those above it. */
  readonly folders: readonly string[];
  readonly files: readonly LocalFile[];
}

/** Problems that one failure lists. */
const MOST_PROBLEMS = 20;

/**
 * All that is in a local folder, with its places below `target` in the guest. Symbolic links to files inside the folder
 * are followed; those to folders, to what lies outside or is not there, and what is neither file nor folder are refused,
 * as are names that Windows cannot have, or takes for the same: `guest.local-file`, with all of them.
 */
export async function localTree(folder: string, target: string, signal: AbortSignal): Promise<LocalTree> {
  const folders: string[] = [target];
  const files: LocalFile[] = [];
  const problems: string[] = [];
  const root = await rootOf(folder);

  async function visit(local: string, path: string, shown: string): Promise<void> {
    const names = new Map<string, string>();
    const entries = await readdir(local, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      signal.throwIfAborted();
      const below = { local: join(local, entry.name), path: `${path}/${entry.name}`, shown: `${shown}${entry.name}` };
      const kind = await kindOf(entry, below.local);
      const twin = names.get(entry.name.toLowerCase());
      names.set(entry.name.toLowerCase(), entry.name);
      const same = twin === undefined ? undefined : `the same name as ${twin} for Windows`;
      const tooLong = kind.folder ? pathProblem(below.path) : filePathProblem(below.path);
      const problem = nameProblem(entry.name) ?? same ?? tooLong ?? kind.problem;
      if (problem !== undefined) {
        problems.push(`${JSON.stringify(below.shown)}: ${problem}`);
      } else if (kind.folder) {
        folders.push(below.path);
        await visit(below.local, below.path, `${below.shown}/`);
      } else {
        files.push({ local: below.local, path: below.path });
      }
    }
  }

  async function kindOf(entry: Dirent, local: string): Promise<{ folder: boolean; problem?: string }> {
    if (entry.isDirectory() || entry.isFile()) return { folder: entry.isDirectory() };
    if (!entry.isSymbolicLink()) return { folder: false, problem: 'neither a file nor a folder' };
    const real = await realpath(local).catch(() => undefined);
    if (real === undefined) return { folder: false, problem: 'a link to what is not there' };
    if (!real.startsWith(`${root}${sep}`)) return { folder: false, problem: 'a link out of the folder' };
    return (await stat(real)).isFile() ? { folder: false } : { folder: false, problem: 'a link to what is no file' };
  }

  await visit(root, target, '');
  if (problems.length === 0) return { folders, files };
  throw new GuestError(
    'guest.local-file',
    `Expected files in ${folder} that Windows can have, found ${problems.length} that it cannot.`,
    {
      evidence: problems.slice(0, MOST_PROBLEMS),
      remedy: 'Rename or remove them; put a copy in the place of a link. Nothing has been sent.',
    },
  );
}

/** Opens a local file that is sent to `path`. `guest.local-file` when that cannot be, here or there. */
export async function openLocal({ local, path }: LocalFile): Promise<FileHandle> {
  const problem = filePathProblem(path);
  if (problem !== undefined)
    throw new GuestError('guest.local-file', `Expected a place in Windows for ${local}, found ${problem}: ${path}.`, {
      remedy: 'Name a shorter path.',
    });
  try {
    const file = await open(local);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    throw localFailure(error, `read the file ${local}`);
  }
  throw localFailure(new Error('it is no file'), `read the file ${local}`);
}

/** What this machine refuses, as `guest.local-file`. */
export function localFailure(error: unknown, doing: string): GuestError {
  return new GuestError('guest.local-file', `Expected to ${doing} on this machine, found: ${messageOf(error)}.`, {
    cause: error,
    remedy: 'Check the path, who may read or write it, and the free space of the disk.',
  });
}

async function rootOf(folder: string): Promise<string> {
  const root = await realpath(folder).catch(() => undefined);
  if (root !== undefined && (await stat(root)).isDirectory()) return root;
  throw new GuestError('guest.local-file', `Expected a folder ${folder} on this machine, found none.`, {
    remedy: 'Correct the path.',
  });
}
