import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, type Json, parseJson } from '../../common/json.ts';
import type { DatastoreFiles } from '../vcenter/files.ts';
import { smallText } from '../vcenter/small-file.ts';

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
      const parsed = record.safeParse(parseJson(await smallText(files.read(pathOf(subject), signal), signal)));
      // One that cannot be read, is damaged, or about something else, is none: what it would tell is found out again.
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
