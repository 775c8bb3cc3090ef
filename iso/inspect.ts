import type { BootEntry } from './el-torito.ts';
import { type FileNode, type FileSystem, fileSource, readFile, sameName } from './filesystem.ts';
import { availableLanguages } from './lang-ini.ts';
import { type Media, openMedia } from './media.ts';
import { findNoPrompt, type NoPrompt } from './no-prompt.ts';
import type { RangedSource } from './source.ts';
import { readWim } from './wim.ts';
import { distinctLanguages, type WindowsImage } from './wim-xml.ts';

/** The file that holds the Windows images. */
export type InstallImage = {
  readonly path: string;
  /** esd: solid compression; swm: the first of several parts. */
  readonly kind: 'wim' | 'esd' | 'swm';
  /** Bytes, of the first part alone where there are several. */
  readonly size: number;
  /** 1, but for swm: install.swm, install2.swm and so on. */
  readonly parts: number;
};

/** What an ISO file holds, as plain JSON. */
export type MediaFacts = {
  readonly volumeLabel: string;
  /** Bytes of the whole image. */
  readonly size: number;
  readonly filesystem: 'udf' | 'iso9660';
  readonly bootEntries: readonly BootEntry[];
  readonly noPrompt: NoPrompt;
  /** There is a boot/bootfix.bin: under BIOS, it asks for a key when the disk is bootable already. */
  readonly biosPrompt: boolean;
  /** null: no Windows installation media. */
  readonly installImage: InstallImage | null;
  readonly images: readonly WindowsImage[];
  /** Every image is an evaluation edition. */
  readonly evaluation: boolean;
  /** Of all images, and what Setup can speak (sources/lang.ini); the default language of the first image first. */
  readonly languages: readonly string[];
  readonly multiLanguage: boolean;
};

const INSTALL_IMAGES = [
  ['sources/install.wim', 'wim'],
  ['sources/install.esd', 'esd'],
  ['sources/install.swm', 'swm'],
] as const;
const LANG_INI = 'sources/lang.ini';
const LARGEST_LANG_INI = 64 * 1024;

/**
 * Says what an ISO file holds, with ranged reads only: some hundred KiB of an image of 5 GB, in about a dozen reads.
 *
 * @throws IngotError `iso.corrupt`, `iso.unsupported` or `iso.unknown`
 */
export async function inspectMedia(image: RangedSource): Promise<MediaFacts> {
  return mediaFacts(await openMedia(image));
}

/** What opened media hold. `media.source` says how much was read for it. Errors as for `inspectMedia`. */
export async function mediaFacts(media: Media): Promise<MediaFacts> {
  const { source, fileSystem, bootEntries } = media;
  const found = await findInstallImage(fileSystem);
  const wim = found === undefined ? undefined : await readWim(fileSource(source, found.file));
  const images = wim?.images ?? [];
  const languages = distinctLanguages([
    ...images.flatMap((image) => image.languages),
    ...(found === undefined ? [] : await setupLanguages(media)),
  ]);
  return {
    volumeLabel: fileSystem.volumeLabel,
    size: source.size,
    filesystem: fileSystem.kind,
    bootEntries,
    noPrompt: await findNoPrompt(source, fileSystem, bootEntries),
    biosPrompt: (await fileSystem.list('boot'))?.some((name) => sameName(name, 'bootfix.bin')) ?? false,
    installImage:
      found === undefined
        ? null
        : { path: found.path, kind: found.kind, size: found.file.size, parts: wim?.totalParts ?? 1 },
    images,
    evaluation: images.length > 0 && images.every((entry) => entry.evaluation),
    languages,
    multiLanguage: languages.length > 1,
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

async function setupLanguages({ source, fileSystem }: Media): Promise<readonly string[]> {
  const file = await fileSystem.lookup(LANG_INI);
  return file?.kind === 'file' ? availableLanguages(await readFile(source, file, LARGEST_LANG_INI)) : [];
}
