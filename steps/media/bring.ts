import { createHash } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import { applyPatches, type Patch } from '../../iso/patch.ts';
import type { DatastoreFiles } from '../vcenter/files.ts';
import type { Iso } from './iso.ts';
import { hashed } from './streams.ts';

export interface BringOptions {
  readonly signal: AbortSignal;
  onProgress(message: string, done: number, total: number): void;
  log(message: string): void;
}

export interface Brought {
  /** SHA-256 of what the VM boots: of the ISO after the patch. */
  readonly sha256: string;
  /** Datastore path of what the VM boots. */
  readonly path: string;
  readonly uploadedBytes: number;
}

export interface Bringing {
  readonly iso: Iso;
  readonly patches: readonly Patch[];
  readonly files: DatastoreFiles;
  /** Folder of the media on the build's datastore. */
  readonly folder: string;
  /** SHA-256 that the image file asks for: of the ISO as its publisher made it. */
  readonly wanted: string | undefined;
}

/**
 * Brings the ISO to the datastore unless it, or a copy, is there. What was never read and cannot be there is digested,
 * patched and uploaded in one pass; its name, which is its content's, is known at the end of it.
 *
 * @throws IngotError `media.sha256` (not the ISO that the image file asks for), `media.changed` (written to meanwhile)
 */
export async function bringIso(bringing: Bringing, options: BringOptions): Promise<Brought> {
  const { iso, patches, files, folder } = bringing;
  const { signal } = options;
  const inPlace = patches.length === 0 ? iso.datastorePath : undefined;
  let sha256 = await knownDigest(bringing);
  // Only when a file of that size is there can it pay to read the ISO before it is uploaded.
  const reads =
    inPlace !== undefined || (!iso.remote && (await files.mediaOfSize(folder, iso.source.size, signal)).length > 0);
  if (sha256 === undefined && reads) sha256 = await digestIso(bringing, options);
  if (sha256 !== undefined) {
    if (inPlace !== undefined) return { sha256, path: inPlace, uploadedBytes: 0 };
    const path = await files.findMedia(
      folder,
      mediaName(sha256, iso.fileName),
      { size: iso.source.size, sha256 },
      signal,
    );
    if (path !== undefined) return { sha256, path, uploadedBytes: 0 };
  }
  return uploadIso(bringing, sha256, options);
}

/**
 * SHA-256 of what the VM boots if that is known, and if the ISO is known to be the one that the image file asks for.
 *
 * @throws IngotError `media.sha256` when it is known not to be
 */
export async function knownDigest({
  iso,
  patches,
  wanted,
}: Omit<Bringing, 'files' | 'folder'>): Promise<string | undefined> {
  const sha256 = await iso.known(patches);
  if (wanted === undefined) return sha256;
  const published = await iso.known([]);
  if (published !== undefined) checkDigest(iso, wanted, published);
  return published === undefined ? undefined : sha256;
}

/** Reads the whole ISO for its digest. @throws IngotError `media.sha256` */
export async function digestIso(
  { iso, patches, wanted }: Omit<Bringing, 'files' | 'folder'>,
  { signal, onProgress }: Omit<BringOptions, 'log'>,
): Promise<string> {
  const pass = onePass(iso, patches, wanted);
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of pass.content(signal)) {
    hash.update(chunk);
    done += chunk.length;
    onProgress('Reading the ISO for its SHA-256', done, iso.source.size);
  }
  const sha256 = hash.digest('hex');
  pass.check(sha256);
  await pass.learn(sha256);
  return sha256;
}

async function uploadIso(bringing: Bringing, known: string | undefined, options: BringOptions): Promise<Brought> {
  const { iso, patches, files, folder, wanted } = bringing;
  const { signal, log } = options;
  const pass = onePass(iso, patches, wanted);
  await files.makeFolders(folder, signal);
  let other: string | undefined;
  const uploading = files.putDigested({
    folder,
    size: iso.source.size,
    content: () => pass.content(signal),
    label: (sent) => mediaName(sent, iso.fileName),
    verify: (sent) => {
      pass.check(sent);
      if (known === undefined || known === sent) return;
      other = sent;
      throw changed(iso.name, known, sent);
    },
    onProgress: (done, total) => options.onProgress('Uploading the Windows ISO', done, total),
    log,
    signal,
  });
  const put = await uploading.catch(async (error) => {
    // What is remembered is wrong: the next build must not fail of it again.
    if (other !== undefined) await pass.learn(other);
    throw error;
  });
  await pass.learn(put.sha256);
  return { sha256: put.sha256, path: put.path, uploadedBytes: put.uploadedBytes };
}

/**
 * One reading of the ISO from its beginning, patched on the way. Its own digest, beside that of what comes out, is
 * computed only when the image file names it: it costs as much again.
 */
function onePass(iso: Iso, patches: readonly Patch[], wanted: string | undefined) {
  const both = patches.length > 0 && wanted !== undefined;
  let before = createHash('sha256');
  const published = (sha256: string) =>
    both ? before.copy().digest('hex') : patches.length === 0 ? sha256 : undefined;
  return {
    content(signal: AbortSignal): AsyncIterable<Uint8Array> {
      before = createHash('sha256');
      const stream = iso.stream(signal);
      return patches.length === 0 ? stream : applyPatches(both ? hashed(stream, before) : stream, patches);
    },
    check(sha256: string): void {
      const found = published(sha256);
      if (wanted !== undefined && found !== undefined) checkDigest(iso, wanted, found);
    },
    async learn(sha256: string): Promise<void> {
      const found = published(sha256);
      if (found !== undefined) await iso.learn([], found);
      if (patches.length > 0) await iso.learn(patches, sha256);
    },
  };
}

/** Named by content, so that the same name never means something else; readable, so that a person knows what it is. */
export function mediaName(sha256: string, fileName: string): string {
  const readable = fileName.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(-100);
  return `sha256-${sha256.slice(0, 12)}-${readable}`;
}

function checkDigest(iso: Iso, wanted: string, found: string): void {
  if (wanted === found) return;
  throw new IngotError('media.sha256', `expected ${iso.name} to have the SHA-256 ${wanted}, found ${found}`, {
    remedy: 'download the ISO again, or correct media.sha256',
  });
}

/** What was read is not what is known of the file. */
export function changed(name: string, expected: string, found: string): IngotError {
  return new IngotError('media.changed', `expected ${name} to have the SHA-256 ${expected} still, found ${found}`, {
    remedy: 'somebody wrote to the file without a trace in its time, or while the build ran: build again',
  });
}
