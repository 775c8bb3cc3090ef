import { IngotError } from '../common/failure.ts';
import { type BootEntry, readBootCatalogue } from './el-torito.ts';
import type { FileSystem } from './filesystem.ts';
import { openIso9660, readVolumeDescriptors } from './iso9660.ts';
import { pagedSource } from './paged-source.ts';
import type { RangedSource } from './source.ts';
import { openUdf } from './udf/filesystem.ts';

/** An image opened for reading: its believed file system and its boot catalogue. */
export interface Media {
  /** The image, with what was read kept, and a budget that bounds hostile input. */
  readonly source: RangedSource;
  readonly fileSystem: FileSystem;
  readonly bootEntries: readonly BootEntry[];
}

/**
 * Opens an ISO file. When it has UDF, that is believed: the ISO 9660 view of a Windows ISO is a stub.
 *
 * @throws IngotError `iso.corrupt` (structure and offset), `iso.truncated`, `iso.unsupported`, `iso.budget`, or
 *   `iso.unknown` when the file is no optical image at all
 */
export async function openMedia(image: RangedSource): Promise<Media> {
  const source = pagedSource(image);
  const descriptors = await readVolumeDescriptors(source);
  const fileSystem = descriptors.udf ? await openUdf(source) : openIso9660(source, descriptors);
  if (fileSystem === undefined) {
    throw new IngotError('iso.unknown', `Expected an ISO file with UDF or ISO 9660 in ${image.name}, found neither`, {
      remedy: 'Name the ISO file as it was downloaded.',
    });
  }
  const bootEntries = descriptors.boot === undefined ? [] : await readBootCatalogue(source, descriptors.boot);
  return { source, fileSystem, bootEntries };
}
