import { posix } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { parseJson } from '../../common/json.ts';
import { type DatastoreFile, searchDatastore } from '../../vsphere/datastore-files.ts';
import { parseDatastorePath } from '../../vsphere/datastore-path.ts';
import { download } from '../../vsphere/datastore-transfer.ts';
import { smallText } from '../vcenter/small-file.ts';
import type { MediaPlace } from './media.ts';
import type { Center } from './place.ts';

/** Longer than any record (bytes). */
const recordBytes = 64 * 1024;

/** What the records of media/records.ts are about: a file that vCenter has, or an ISO that came from a URL. */
const placed = z.object({ path: z.string(), size: z.number(), modified: z.string() });
const digestRecord = z.object({ of: z.union([placed, z.object({ sha256: z.string() })]), sha256: z.string() });
type Placed = z.infer<typeof placed>;

/**
 * Records of the digest of an ISO that lies elsewhere and is not there any more, or is another file now; of one that came
 * from a URL, when what was made of it is not there.
 *
 * @param media names of the files in the folder
 */
export async function deadDigests(
  center: Center,
  place: MediaPlace,
  files: readonly DatastoreFile[],
  media: readonly string[],
  signal: AbortSignal,
): Promise<DatastoreFile[]> {
  const reading = files.map(async (file) => {
    const text = await readText(center, place, file, signal);
    if (text === undefined) return { file, dead: false };
    const record = digestRecord.safeParse(parseJson(text));
    if (!record.success) return { file, dead: true };
    const { of, sha256 } = record.data;
    const made = `sha256-${sha256.slice(0, 12)}-`;
    const dead = 'path' in of ? await isGone(center, place, of, signal) : !media.some((name) => name.startsWith(made));
    return { file, dead };
  });
  return (await Promise.all(reading)).filter(({ dead }) => dead).map(({ file }) => file);
}

/** False where it cannot be known: another datacenter's datastore, or one that is out of reach. */
async function isGone({ vc }: Center, { datacenter }: MediaPlace, of: Placed, signal: AbortSignal): Promise<boolean> {
  try {
    const { datastore, path } = parseDatastorePath(of.path);
    const name = posix.basename(path);
    const folder = posix.dirname(path);
    const found = await searchDatastore(vc, datacenter.datastore(datastore), folder === '.' ? '' : folder, [name], {
      signal,
    });
    const file = found?.find((candidate) => candidate.name === name);
    const sameTime = of.modified === '' || Date.parse(file?.modified ?? '') === Date.parse(of.modified);
    return file?.size !== of.size || !sameTime;
  } catch (error) {
    if (signal.aborted || !(error instanceof IngotError)) throw error;
    return false;
  }
}

/** undefined for what may not be read, was deleted meanwhile, or is no small file. */
async function readText(
  { vc }: Center,
  { location, folder }: MediaPlace,
  file: DatastoreFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  if ((file.size ?? Number.POSITIVE_INFINITY) > recordBytes) return undefined;
  return smallText(download(vc, location, `${folder}/${file.name}`, { signal }), signal);
}
