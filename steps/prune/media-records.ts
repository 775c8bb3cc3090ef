import { posix } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { type DatastoreFile, searchDatastore } from '../../vsphere/datastore-files.ts';
import { parseDatastorePath } from '../../vsphere/datastore-path.ts';
import { download } from '../../vsphere/datastore-transfer.ts';
import { collectBytes } from '../support/bytes.ts';
import type { MediaPlace } from './media.ts';
import type { Center } from './place.ts';

/** Longer than any record (bytes). */
const recordBytes = 64 * 1024;

/** What the records of media/records.ts say of a place; all else in them is not asked for here. */
const storedRecord = z.object({ name: z.string() });
const digestRecord = z.object({ of: z.object({ path: z.string(), size: z.number(), modified: z.string() }) });
type DigestRecord = z.infer<typeof digestRecord>;

/** A record of what an ISO was uploaded as. */
export interface StoredRecord {
  readonly file: DatastoreFile;
  /** The file it speaks of, beside it; undefined where it is damaged. */
  readonly target: string | undefined;
}

/** One that cannot be read, or is no small file, is left out: what it says is not known. */
export async function readStored(
  center: Center,
  place: MediaPlace,
  files: readonly DatastoreFile[],
  signal: AbortSignal,
): Promise<StoredRecord[]> {
  const reading = files.map(async (file) => {
    const text = await readText(center, place, file, signal);
    return text === undefined ? [] : [{ file, target: parseAs(storedRecord, text)?.name }];
  });
  return (await Promise.all(reading)).flat();
}

/** Records of the digest of an ISO that lies elsewhere and is not there any more, or is another file now. */
export async function deadDigests(
  center: Center,
  place: MediaPlace,
  files: readonly DatastoreFile[],
  signal: AbortSignal,
): Promise<DatastoreFile[]> {
  const reading = files.map(async (file) => {
    const text = await readText(center, place, file, signal);
    if (text === undefined) return { file, dead: false };
    const record = parseAs(digestRecord, text);
    return { file, dead: record === undefined || (await isGone(center, place, record, signal)) };
  });
  return (await Promise.all(reading)).filter(({ dead }) => dead).map(({ file }) => file);
}

/** False where it cannot be known: another datacenter's datastore, or one that is out of reach. */
async function isGone(
  { vc }: Center,
  { datacenter }: MediaPlace,
  { of }: DigestRecord,
  signal: AbortSignal,
): Promise<boolean> {
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
  try {
    const bytes = await collectBytes(await download(vc, location, `${folder}/${file.name}`, { signal }));
    return bytes.toString('utf8');
  } catch (error) {
    if (signal.aborted || !(error instanceof IngotError) || error.code !== 'datastore.denied') throw error;
    return undefined;
  }
}

function parseAs<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
