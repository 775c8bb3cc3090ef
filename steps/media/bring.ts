import { createHash } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Patch } from '../../iso/patch.ts';
import type { DatastoreFiles } from '../vcenter/files.ts';
import type { Iso } from './iso.ts';
import { mediaRecords } from './records.ts';
import { digestStream, patchedStream } from './streams.ts';

export interface BringOptions {
  readonly signal: AbortSignal;
  onProgress(message: string, done: number, total: number): void;
  log(message: string): void;
}

export interface Brought {
  /** SHA-256 of the ISO as its publisher made it. */
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
  /** SHA-256 that the image file asks for. */
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
  const inPlace = patches.length === 0 ? iso.datastorePath : undefined;
  const onePass = inPlace === undefined && (await iso.known()) === undefined && !(await mayBeThere(bringing, options));
  if (onePass) return uploadIso(bringing, undefined, options);
  const sha256 = await digestIso(bringing, options);
  if (inPlace !== undefined) return { sha256, path: inPlace, uploadedBytes: 0 };
  const stored =
    patches.length === 0
      ? { name: mediaName(sha256, iso.fileName), sha256, size: iso.source.size }
      : await mediaRecords(files, folder).storedAs(originOf(bringing, sha256), options.signal);
  const path = stored && (await files.findMedia(folder, stored.name, stored, options.signal));
  return path === undefined ? uploadIso(bringing, sha256, options) : { sha256, path, uploadedBytes: 0 };
}

/**
 * SHA-256 of the ISO: remembered, or found out by reading it.
 *
 * @throws IngotError `media.sha256`
 */
export async function digestIso(
  { iso, wanted }: Pick<Bringing, 'iso' | 'wanted'>,
  { signal, onProgress }: Omit<BringOptions, 'log'>,
): Promise<string> {
  const known = await iso.known();
  const read = (done: number) => onProgress('Reading the ISO for its SHA-256', done, iso.source.size);
  const sha256 = known ?? (await digestStream(iso.stream(signal), read));
  checkDigest(iso, wanted, sha256);
  if (known === undefined) await iso.learn(sha256);
  return sha256;
}

/** Only when a file of that size is there can it pay to read the ISO before it is uploaded. */
async function mayBeThere({ files, folder, iso }: Bringing, { signal }: BringOptions): Promise<boolean> {
  return (await files.mediaOfSize(folder, iso.source.size, signal)).length > 0;
}

async function uploadIso(bringing: Bringing, known: string | undefined, options: BringOptions): Promise<Brought> {
  const { iso, patches, files, folder } = bringing;
  const { signal, log } = options;
  let read = createHash('sha256');
  // Of an ISO that is not patched both digests are one.
  const sourceDigest = (sent: string) => (patches.length === 0 ? sent : read.copy().digest('hex'));
  await files.makeFolders(folder, signal);
  const put = await files.putDigested({
    folder,
    size: iso.source.size,
    content: () => {
      read = createHash('sha256');
      const stream = iso.stream(signal);
      return patches.length === 0 ? stream : patchedStream(stream, read, patches);
    },
    label: (sent) => mediaName(sent, iso.fileName),
    verify: (sent) => {
      const found = sourceDigest(sent);
      checkDigest(iso, bringing.wanted, found);
      if (known !== undefined && known !== found) throw changed(iso.name, known, found);
    },
    onProgress: (done, total) => options.onProgress('Uploading the Windows ISO', done, total),
    log,
    signal,
  });
  const sha256 = sourceDigest(put.sha256);
  await iso.learn(sha256);
  if (patches.length > 0) {
    const stored = { name: mediaName(put.sha256, iso.fileName), sha256: put.sha256, size: iso.source.size };
    await mediaRecords(files, folder).keepStored(originOf(bringing, sha256), stored, signal);
  }
  return { sha256, path: put.path, uploadedBytes: put.uploadedBytes };
}

/** What the file on the datastore was made from. */
function originOf({ patches, iso }: Bringing, sha256: string): Json {
  const changes = patches.map(({ offset, bytes }) => ({ offset, bytes: Buffer.from(bytes).toString('hex') }));
  return { sha256, name: iso.fileName, patches: changes };
}

/** Named by content, so that the same name never means something else; readable, so that a person knows what it is. */
export function mediaName(sha256: string, fileName: string): string {
  const readable = fileName.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(-100);
  return `sha256-${sha256.slice(0, 12)}-${readable}`;
}

function checkDigest(iso: Iso, wanted: string | undefined, found: string): void {
  if (wanted === undefined || wanted === found) return;
  throw new IngotError('media.sha256', `expected ${iso.name} to have the SHA-256 ${wanted}, found ${found}`, {
    remedy: 'download the ISO again, or correct media.sha256',
  });
}

function changed(name: string, expected: string, found: string): IngotError {
  return new IngotError('media.changed', `expected ${name} to have the SHA-256 ${expected} still, found ${found}`, {
    remedy: 'somebody wrote to the file while the build ran: build again',
  });
}
