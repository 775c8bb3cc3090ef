import { IngotError } from '../common/failure.ts';
import type { BootEntry } from './el-torito.ts';
import { FAT_BOOT_SECTOR, type FatShape, fatShape, whyAnotherShape } from './fat.ts';
import { contiguousOffset, type FileNode, type FileSystem, readFile } from './filesystem.ts';
import type { Patch } from './patch.ts';
import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';

/** Windows media carry the EFI boot image twice: one asks "Press any key to boot from CD or DVD", the other does not. */
const PROMPT_IMAGE = 'efi/microsoft/boot/efisys.bin';
const NO_PROMPT_IMAGE = 'efi/microsoft/boot/efisys_noprompt.bin';
const LARGEST_IMAGE = 8 * 1024 * 1024;

/** Whether the media can boot under EFI without a key, and how. Type aliases, so that they are plain JSON. */
export type NoPrompt = NoPromptAvailable | NoPromptMissing;

export type NoPromptAvailable = {
  readonly available: true;
  /** Path of the boot image that does not ask. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Absolute offsets of the EFI entries of the boot catalogue that load the image that asks; one, mostly. */
  readonly entryOffsets: readonly number[];
  /** 2048-byte sector that the entries name now. */
  readonly fromRba: number;
  /** 2048-byte sector of the boot image that does not ask. Equal to `fromRba` when the entries load it already. */
  readonly toRba: number;
};

export type NoPromptMissing = {
  readonly available: false;
  readonly reason: string;
};

/** Looks for the EFI entries and the boot image that does not ask, and checks that one can stand for the other. */
export async function findNoPrompt(
  source: RangedSource,
  fileSystem: FileSystem,
  bootEntries: readonly BootEntry[],
): Promise<NoPrompt> {
  const missing = (reason: string): NoPromptMissing => ({ available: false, reason });
  const entries = bootEntries.filter(({ platform, bootable }) => platform === 'efi' && bootable);
  if (entries.length === 0) return missing('the boot catalogue has no EFI entry');
  const file = await fileSystem.lookup(NO_PROMPT_IMAGE);
  if (file?.kind !== 'file') return missing(`there is no ${NO_PROMPT_IMAGE}`);
  const offset = contiguousOffset(file);
  if (offset === undefined) return missing(`${NO_PROMPT_IMAGE} does not lie in one piece`);
  if (offset % SECTOR !== 0) return missing(`${NO_PROMPT_IMAGE} does not begin on a sector (offset ${offset})`);

  const toRba = offset / SECTOR;
  const asking = entries.filter(({ loadRba }) => loadRba !== toRba);
  const fromRba = asking.length === 0 ? toRba : await promptRba(source, fileSystem, asking);
  if (fromRba === undefined) {
    return missing(`several EFI entries load different images, and none of them is ${PROMPT_IMAGE}`);
  }
  const patched = entries.filter(({ loadRba }) => loadRba === fromRba);
  const unfit = await whyUnfit(source, file, offset, patched);
  if (unfit !== undefined) return missing(`${NO_PROMPT_IMAGE} ${unfit}`);
  return {
    available: true,
    path: NO_PROMPT_IMAGE,
    size: file.size,
    entryOffsets: patched.map(({ entryOffset }) => entryOffset),
    fromRba,
    toRba,
  };
}

/**
 * What points the EFI boot entries at the image that does not ask: bytes 8 to 11 of an entry, its load RBA. Nothing
 * else of the media changes; the catalogue's checksum covers only the validation entry. Measured with OVMF.
 *
 * @returns no patch when the entries point there already
 * @throws IngotError `iso.no-prompt` when the media have no such image
 */
export function noPromptPatch(facts: NoPrompt): readonly Patch[] {
  if (!facts.available) {
    throw new IngotError('iso.no-prompt', `Expected an EFI boot image that asks for no key: ${facts.reason}`, {
      remedy: 'Send the key press instead, or use media that Microsoft publishes.',
    });
  }
  if (facts.fromRba === facts.toRba) return [];
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(facts.toRba);
  return facts.entryOffsets.map((entryOffset) => ({ offset: entryOffset + 8, bytes }));
}

/**
 * The sector of the image that asks. With one image to choose from, it is that one: whoever writes media may put a
 * copy of `efisys.bin` outside of the file system. Among several it is the one equal to the file; the others are no
 * business of ours.
 */
async function promptRba(
  source: RangedSource,
  fileSystem: FileSystem,
  entries: readonly BootEntry[],
): Promise<number | undefined> {
  const loaded = [...new Set(entries.map(({ loadRba }) => loadRba))];
  if (loaded.length === 1) return loaded[0];
  const file = await fileSystem.lookup(PROMPT_IMAGE);
  if (file?.kind !== 'file' || file.size > LARGEST_IMAGE) return undefined;
  const expected = await readFile(source, file, LARGEST_IMAGE);
  for (const rba of loaded) {
    if (await holds(source, rba * SECTOR, expected)) return rba;
  }
  return undefined;
}

/** Whether the media have these bytes at this offset. */
export async function holds(source: RangedSource, offset: number, expected: Buffer): Promise<boolean> {
  if (offset + expected.length > source.size) return false;
  return expected.equals(await source.read(offset, expected.length));
}

/** Why a file cannot be the boot image of these entries; undefined when it can. */
async function whyUnfit(
  source: RangedSource,
  file: FileNode,
  offset: number,
  entries: readonly BootEntry[],
): Promise<string | undefined> {
  if (file.size < FAT_BOOT_SECTOR) return `has only ${file.size} bytes`;
  const shape = await fatAt(source, offset);
  if (shape === undefined) return 'is not a FAT image';
  if (shape.bytes > file.size) return `has ${file.size} bytes, but its FAT says ${shape.bytes}`;
  for (const { loadRba, sectorCount } of entries) {
    if (sectorCount * 512 > file.size) {
      return `has ${file.size} bytes, but the boot entry loads ${sectorCount * 512}`;
    }
    const loaded = await fatAt(source, loadRba * SECTOR);
    if (loaded === undefined) return `cannot be compared: what the boot entry loads now is not a FAT image`;
    const another = whyAnotherShape(shape, loaded);
    if (another !== undefined) return `has ${another} as in the image that the boot entry loads now`;
  }
  return undefined;
}

async function fatAt(source: RangedSource, offset: number): Promise<FatShape | undefined> {
  if (offset + FAT_BOOT_SECTOR > source.size) return undefined;
  return fatShape(await source.read(offset, FAT_BOOT_SECTOR));
}
