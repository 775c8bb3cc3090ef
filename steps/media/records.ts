import { createHash } from 'node:crypto';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { canonicalJson, type Json } from '../../common/json.ts';
import { collectBytes } from '../support/bytes.ts';
import type { DatastoreFiles } from '../vcenter/files.ts';

/** The digest of something that was read once: `of` says what it was, by what changes when its content does. */
const record = z.object({ of: z.json(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * Digests of media, kept beside them on the datastore, so that a runner that never saw an ISO neither reads nor uploads it
 * again. Each is a small JSON file, `digest-<12 hex>.json`, named by what it is about, which it says again inside.
 */
export interface MediaRecords {
  digestOf(subject: Json, signal: AbortSignal): Promise<string | undefined>;
  keepDigest(subject: Json, sha256: string, signal: AbortSignal): Promise<void>;
}

/** @param folder the folder of the media on the build's own datastore */
export function mediaRecords(files: DatastoreFiles, folder: string): MediaRecords {
  const pathOf = (subject: Json) =>
    `${folder}/digest-${createHash('sha256').update(canonicalJson(subject)).digest('hex').slice(0, 12)}.json`;
  return {
    async digestOf(subject, signal) {
      const text = await readText(files, pathOf(subject), signal);
      const parsed = record.safeParse(text === undefined ? undefined : parseJson(text));
      // One that is damaged, or about something else, is none.
      const right = parsed.success && canonicalJson(parsed.data.of) === canonicalJson(subject);
      return right ? parsed.data.sha256 : undefined;
    },
    async keepDigest(subject, sha256, signal) {
      const bytes = Buffer.from(`${JSON.stringify({ of: subject, sha256 }, null, 2)}\n`);
      await files.makeFolders(folder, signal);
      await files.put(pathOf(subject), {
        size: bytes.length,
        content: async function* () {
          yield bytes;
        },
        onProgress: () => undefined,
        signal,
      });
    },
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
