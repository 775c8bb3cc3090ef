import { IngotError } from '../common/failure.ts';
import type { BootEntry } from './el-torito.ts';
import { contiguousOffset, type FileNode, type FileSystem } from './filesystem.ts';
import type { Patch } from './patch.ts';
import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';

/** Windows media carry the EFI boot image twice: one asks "Press any key to boot from CD or DVD", this one does not. */
const NO_PROMPT_IMAGE = 'efi/microsoft/boot/efisys_noprompt.bin';

/** Whether the media can boot under EFI without a key, and how. Type aliases, so that they are plain JSON. */
export type NoPrompt = NoPromptAvailable | NoPromptMissing;

export type NoPromptAvailable = {
  readonly available: true;
  /** Path of the boot image that does not ask. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Absolute offset of the EFI entry of the boot catalogue. */
  readonly entryOffset: number;
  /** 2048-byte sector that the entry names now. */
  readonly fromRba: number;
  /** 2048-byte sector of the boot image that does not ask. Equal to `fromRba` when the media never ask. */
  readonly toRba: number;
};

export type NoPromptMissing = {
  readonly available: false;
  readonly reason: string;
};

/** Looks for the EFI entry and the boot image that does not ask, and checks that one can stand for the other. */
export async function findNoPrompt(
  source: RangedSource,
  fileSystem: FileSystem,
  bootEntries: readonly BootEntry[],
): Promise<NoPrompt> {
  const entry = bootEntries.find((candidate) => candidate.platform === 'efi' && candidate.bootable);
  if (entry === undefined) return { available: false, reason: 'the boot catalogue has no EFI entry' };
  const file = await fileSystem.lookup(NO_PROMPT_IMAGE);
  if (file === undefined || file.kind !== 'file') return { available: false, reason: `there is no ${NO_PROMPT_IMAGE}` };
  const offset = contiguousOffset(file);
  const unfit = offset === undefined ? 'does not lie in one piece' : await whyUnfit(source, file, offset, entry);
  if (offset === undefined || unfit !== undefined) {
    return { available: false, reason: `${NO_PROMPT_IMAGE} ${unfit}` };
  }
  return {
    available: true,
    path: NO_PROMPT_IMAGE,
    size: file.size,
    entryOffset: entry.entryOffset,
    fromRba: entry.loadRba,
    toRba: offset / SECTOR,
  };
}

/**
 * What points the EFI boot entry at the image that does not ask: bytes 8 to 11 of the entry, its load RBA. Nothing
 * else of the image changes; the catalogue's checksum covers only the validation entry. Measured with OVMF.
 *
 * @returns no patch when the entry points there already
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
  return [{ offset: facts.entryOffset + 8, bytes }];
}

/** Why a file cannot be the boot image of an entry; undefined when it can. */
async function whyUnfit(
  source: RangedSource,
  file: FileNode,
  offset: number,
  entry: BootEntry,
): Promise<string | undefined> {
  if (offset % SECTOR !== 0) return `does not begin on a sector (offset ${offset})`;
  if (file.size < 512) return `has only ${file.size} bytes`;
  if (entry.sectorCount * 512 > file.size) {
    return `has ${file.size} bytes, but the boot entry loads ${entry.sectorCount * 512}`;
  }
  const boot = await source.read(offset, 512);
  const bytes = fatBytes(boot);
  if (bytes === undefined) return 'is not a FAT image';
  if (bytes > file.size) return `has ${file.size} bytes, but its FAT says ${bytes}`;
  return undefined;
}

/** Bytes of a FAT file system by its BIOS parameter block (Microsoft FAT specification 1.03); undefined: none there. */
function fatBytes(boot: Buffer): number | undefined {
  const sectorSize = boot.readUInt16LE(11);
  const clusterSectors = boot.readUInt8(13);
  const fats = boot.readUInt8(16);
  const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32);
  const powerOfTwo = clusterSectors > 0 && (clusterSectors & (clusterSectors - 1)) === 0;
  const media = boot.readUInt8(21);
  if (![512, 1024, 2048, 4096].includes(sectorSize) || !powerOfTwo || fats === 0 || sectors === 0 || media < 0xf0) {
    return undefined;
  }
  return sectors * sectorSize;
}
