import type { IsoEntry } from '../../iso/writer/tree.ts';
import type { Digests } from './digests.ts';
import { localFiles } from './local-files.ts';

interface Extra {
  /** File or folder on this machine. */
  readonly from: string;
  /** Its path on the answer disc. */
  readonly to: string;
}

/** The files of the image file as they lie on the answer disc: a folder with all that is in it. */
export async function discEntries(files: readonly Extra[]): Promise<IsoEntry[]> {
  const found = await Promise.all(
    files.map(async ({ from, to }) =>
      (await localFiles(from, 'media.files')).map(({ path, relative, isRoot }) => ({
        path: isRoot ? to : `${to}/${relative}`,
        file: path,
      })),
    ),
  );
  return found.flat();
}

/** What of them can change the result: where each lies on the disc, and its content. */
export async function discInputs(
  files: readonly Extra[],
  digests: Digests,
): Promise<{ readonly path: string; readonly sha256: string }[]> {
  const entries = await discEntries(files);
  const inputs = entries.map(async (entry) => ({
    path: entry.path,
    sha256: 'file' in entry ? (await digests.of(entry.file)).sha256 : '',
  }));
  return Promise.all(inputs);
}

/** CD drives get their letters from D on; which of the three discs gets which is not known before. */
const drives = ['D', 'E', 'F', 'G'] as const;

/** Folders of drivers on the answer disc as Windows PE may see them; paths that are not there are passed over. */
export function discDriverPaths(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => drives.map((drive) => `${drive}:\\${folder.replaceAll('/', '\\')}`));
}
