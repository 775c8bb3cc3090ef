import { IngotError } from '../common/failure.ts';
import { type BootEntry, readBootCatalogue } from './el-torito.ts';
import type { FileSystem } from './filesystem.ts';
import { openIso9660 } from './iso9660.ts';
import { type PagedSource, pagedSource } from './paged-source.ts';
import type { RangedSource } from './source.ts';
import { openUdf } from './udf/filesystem.ts';
import { readVolumeDescriptors } from './volume-descriptors.ts';

/** An image opened for reading: its believed file system and its boot catalogue. */
export interface Media {
  /** The image, with what was read kept, a budget that bounds hostile input, and a count of what reading cost. */
  readonly source: PagedSource;
  readonly fileSystem: FileSystem;
  readonly bootEntries: readonly BootEntry[];
}

/**
 * Opens an ISO file. When it has UDF, that is believed: the ISO 9660 view of a Windows ISO is a stub.
 *
 * @throws IngotError `iso.corrupt` (damaged, cut off or made to mislead; with structure and offset),
 *   `iso.unsupported`, or `iso.unknown` when the file is no optical image at all
 */
export async function openMedia(image: RangedSource): Promise<Media> {
  const source = pagedSource(image);
  const descriptors = await readVolumeDescriptors(source);
  const fileSystem = descriptors.udf ? await openUdf(source) : await openIso9660(source, descriptors);
  if (fileSystem === undefined) {
    throw new IngotError('iso.unknown', `Expected an ISO file with UDF or ISO 9660 in ${image.name}, found neither`, {
      remedy: 'Name the ISO file as it was downloaded.',
    });
  }
  const bootEntries = descriptors.boot === undefined ? [] : await readBootCatalogue(source, descriptors.boot);
  return { source, fileSystem, bootEntries };
}
