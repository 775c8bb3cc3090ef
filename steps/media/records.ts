import { createHash } from 'node:crypto';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { canonicalJson, type Json } from '../../common/json.ts';
import { collectBytes } from '../support/bytes.ts';
import type { DatastoreFiles } from '../vcenter/files.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The digest of a file that was read on a datastore, by its place, size and time. */
const digestRecord = z.object({ of: z.json(), sha256 });
/** What became of an ISO on its way to the datastore: `sha256` and `size` are those of the file `name`. */
const storedRecord = z.object({ of: z.json(), name: z.string(), sha256, size: z.number() });

export type Stored = Omit<z.infer<typeof storedRecord>, 'of'>;

/**
 * What is known of media, kept beside them on the datastore, so that a runner that never saw an ISO neither reads nor
 * uploads it again. Each record is a small JSON file that is named by what it is about, and says it again inside.
 */
export interface MediaRecords {
  digestOf(identity: Json, signal: AbortSignal): Promise<string | undefined>;
  keepDigest(identity: Json, sha256: string, signal: AbortSignal): Promise<void>;
  storedAs(origin: Json, signal: AbortSignal): Promise<Stored | undefined>;
  keepStored(origin: Json, stored: Stored, signal: AbortSignal): Promise<void>;
}

/** @param folder the folder of the media on the build's own datastore */
export function mediaRecords(files: DatastoreFiles, folder: string): MediaRecords {
  const pathOf = (kind: string, of: Json) =>
    `${folder}/${kind}-${createHash('sha256').update(canonicalJson(of)).digest('hex').slice(0, 12)}.json`;

  async function read<T extends { of: Json }>(kind: string, of: Json, schema: z.ZodType<T>, signal: AbortSignal) {
    const text = await readText(files, pathOf(kind, of), signal);
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(parseJson(text));
    // One that is damaged, or about something else, is none.
    return parsed.success && canonicalJson(parsed.data.of) === canonicalJson(of) ? parsed.data : undefined;
  }

  async function write(
    kind: string,
    record: { readonly of: Json; readonly [key: string]: Json },
    signal: AbortSignal,
  ): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(record, null, 2)}\n`);
    await files.put(pathOf(kind, record.of), {
      size: bytes.length,
      content: async function* () {
        yield bytes;
      },
      onProgress: () => undefined,
      signal,
    });
  }

  return {
    digestOf: async (identity, signal) => (await read('digest', identity, digestRecord, signal))?.sha256,
    async keepDigest(identity, digest, signal) {
      await files.makeFolders(folder, signal);
      await write('digest', { of: identity, sha256: digest }, signal);
    },
    storedAs: (origin, signal) => read('stored', origin, storedRecord, signal),
    keepStored: (origin, { name, sha256: digest, size }, signal) =>
      write('stored', { of: origin, name, sha256: digest, size }, signal),
  };
}

/** A record that cannot be read is as good as none: what it would tell is found out again. */
async function readText(files: DatastoreFiles, path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await collectBytes(await files.read(path, signal))).toString('utf8');
  } catch (error) {
    if (signal.aborted || !(error instanceof IngotError) || error.code !== 'datastore.denied') throw error;
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
