import type { BootEntry } from './el-torito.ts';
import { type FileNode, type FileSystem, fileSource } from './filesystem.ts';
import { openMedia } from './media.ts';
import { findNoPrompt, type NoPrompt } from './no-prompt.ts';
import type { RangedSource } from './source.ts';
import { readWim } from './wim.ts';
import type { WindowsImage } from './wim-xml.ts';

/** The file that holds the Windows images. */
export type InstallImage = {
  readonly path: string;
  /** esd: solid compression; swm: the first of several parts. */
  readonly kind: 'wim' | 'esd' | 'swm';
  /** Bytes. */
  readonly size: number;
};

/** What an ISO file holds, as plain JSON. */
export type MediaFacts = {
  readonly volumeLabel: string;
  /** Bytes of the whole image. */
  readonly size: number;
  readonly filesystem: 'udf' | 'iso9660';
  readonly bootEntries: readonly BootEntry[];
  readonly noPrompt: NoPrompt;
  /** null: no Windows installation media. */
  readonly installImage: InstallImage | null;
  readonly images: readonly WindowsImage[];
  /** Every image is an evaluation edition. */
  readonly evaluation: boolean;
};

const INSTALL_IMAGES = [
  ['sources/install.wim', 'wim'],
  ['sources/install.esd', 'esd'],
  ['sources/install.swm', 'swm'],
] as const;

/**
 * Says what an ISO file holds, with ranged reads only: some hundred KiB of an image of 5 GB.
 *
 * @throws IngotError `iso.corrupt`, `iso.truncated`, `iso.unsupported`, `iso.budget` or `iso.unknown`
 */
export async function inspectMedia(image: RangedSource): Promise<MediaFacts> {
  const { source, fileSystem, bootEntries } = await openMedia(image);
  const found = await findInstallImage(fileSystem);
  const images = found === undefined ? [] : (await readWim(fileSource(source, found.file))).images;
  return {
    volumeLabel: fileSystem.volumeLabel,
    size: source.size,
    filesystem: fileSystem.kind,
    bootEntries,
    noPrompt: await findNoPrompt(source, fileSystem, bootEntries),
    installImage: found === undefined ? null : { path: found.path, kind: found.kind, size: found.file.size },
    images,
    evaluation: images.length > 0 && images.every((entry) => entry.evaluation),
  };
}

async function findInstallImage(
  fileSystem: FileSystem,
): Promise<{ path: string; kind: InstallImage['kind']; file: FileNode } | undefined> {
  for (const [path, kind] of INSTALL_IMAGES) {
    const file = await fileSystem.lookup(path);
    if (file?.kind === 'file') return { path, kind, file };
  }
  return undefined;
}
