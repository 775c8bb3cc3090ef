import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import {
  type DatastoreFile,
  deleteDatastoreFile,
  moveDatastoreFile,
  searchDatastore,
} from '../../vsphere/datastore-files.ts';
import { datastorePath } from '../../vsphere/datastore-path.ts';
import { download, upload, uploadText } from '../../vsphere/datastore-transfer.ts';
import { isFault } from '../../vsphere/fault.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';
import { discard, partialName, sweepMedia } from './partial-files.ts';
import { throttled } from './throttled.ts';

export interface PutDigestedOptions {
  /** Where it goes; must exist. */
  readonly folder: string;
  /** Bytes. */
  readonly size: number;
  /** Begins anew with each call: an upload may be repeated. A piece must stay as it is until the next is asked for. */
  content(): AsyncIterable<Uint8Array>;
  /** The file's name, from the SHA-256 of what was uploaded. */
  label(sha256: string): string;
  /** Throws if this is not what was to be uploaded: then it never gets its name. */
  verify?(sha256: string): void;
  onProgress(done: number, total: number): void;
  /** Told why the upload begins anew. */
  log?(message: string): void;
  readonly signal: AbortSignal;
}

export interface PutDigested {
  /** `[datastore] folder/name`. */
  readonly path: string;
  readonly sha256: string;
  readonly uploadedBytes: number;
}

export interface MediaDigest {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** A folder of a datastore with files that are named by their content. */
export interface MediaFolder {
  readonly location: DatastoreLocation;
  readonly folder: string;
}

/** Longer than any file that `sha256sum` writes for one name. */
const sidecarBytes = 4096;

/**
 * Uploads a file and digests it on the way. It has a random name until it is whole; then beside its place the file
 * `NAME.sha256` is written, as `sha256sum` does, and it is moved there: a file that has its name always has its digest.
 * A file there of another size or without that digest is deleted first. If another build was faster, its file stays.
 *
 * @throws IngotError `datastore.in-use` (a VM holds another file of that name), and what `upload` and `verify` throw
 */
export async function putDigested(
  vc: Vsphere,
  at: MediaFolder,
  { size, content, label, verify, onProgress, log, signal }: Omit<PutDigestedOptions, 'folder'>,
): Promise<PutDigested> {
  const { location, folder } = at;
  const partial = `${folder}/${partialName()}`;
  try {
    const told = throttled((done) => onProgress(done, size));
    const source = { size, open: content };
    const { sha256, bytes } = await upload(vc, location, partial, source, { signal, log, onProgress: told });
    told.flush();
    verify?.(sha256);
    const name = label(sha256);
    await settle(vc, at, { partial, name, size, sha256, signal });
    return { path: datastorePath(location.name, `${folder}/${name}`), sha256, uploadedBytes: bytes };
  } catch (error) {
    await discard(vc, location, partial);
    throw error;
  }
}

/** The path of a file that is there under its content's name, of the right size and with that very digest beside it. */
export async function findMedia(
  vc: Vsphere,
  at: MediaFolder,
  name: string,
  expected: MediaDigest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await searchDatastore(vc, at.location, at.folder, [name, sidecarOf(name)], { signal });
  const right = await isRight(vc, at, name, expected, found ?? [], signal);
  return right ? datastorePath(at.location.name, `${at.folder}/${name}`) : undefined;
}

/** Names of the media of that size, whatever their content. */
export async function mediaOfSize(
  vc: Vsphere,
  { location, folder }: MediaFolder,
  size: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = (await searchDatastore(vc, location, folder, ['sha256-*'], { signal })) ?? [];
  return found.filter((file) => !file.isFolder && file.size === size).map(({ name }) => name);
}

interface Settling extends MediaDigest {
  readonly partial: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Gives an uploaded file its name, unless the right one has it already. */
async function settle(vc: Vsphere, at: MediaFolder, settling: Settling): Promise<void> {
  const { location, folder } = at;
  const { partial, name, size, sha256, signal } = settling;
  const found = (await searchDatastore(vc, location, folder, ['sha256-*', '*.partial'], { signal })) ?? [];
  await sweepMedia(vc, at, found, signal);
  const whole = found.find((file) => partial.endsWith(`/${file.name}`));
  if (whole?.size !== size) throw notWhole(datastorePath(location.name, partial), size, whole?.size);
  if (await isRight(vc, at, name, settling, found, signal)) return discard(vc, location, partial);
  // First, so that it is never there with the digest of the new one beside it.
  if (found.some((file) => file.name === name)) await deleteWrong(vc, location, `${folder}/${name}`, signal);
  try {
    // One that breaks off stands beside nothing, and the next upload writes it again.
    await uploadText(vc, location, `${folder}/${sidecarOf(name)}`, `${sha256}  ${name}\n`, { signal });
    const to = { location, path: `${folder}/${name}` };
    await moveDatastoreFile(vc, { location, path: partial }, to, { force: false, signal });
  } catch (error) {
    signal.throwIfAborted();
    // Another build was faster, or the answer got lost: the same content under the same name.
    if ((await findMedia(vc, at, name, settling, signal)) === undefined) throw error;
    await discard(vc, location, partial);
  }
}

async function isRight(
  vc: Vsphere,
  { location, folder }: MediaFolder,
  name: string,
  { size, sha256 }: MediaDigest,
  found: readonly DatastoreFile[],
  signal: AbortSignal,
): Promise<boolean> {
  const file = found.find((candidate) => candidate.name === name);
  const sidecar = found.find((candidate) => candidate.name === sidecarOf(name));
  if (file?.size !== size || (sidecar?.size ?? Number.POSITIVE_INFINITY) > sidecarBytes) return false;
  const answer = await download(vc, location, `${folder}/${sidecarOf(name)}`, { signal });
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return /^([0-9a-f]{64}) [ *]/.exec(text)?.[1] === sha256;
}

async function deleteWrong(vc: Vsphere, location: DatastoreLocation, path: string, signal: AbortSignal): Promise<void> {
  try {
    await deleteDatastoreFile(vc, location, path, { missing: 'ignore', signal });
  } catch (cause) {
    if (!isFault(cause, 'FileFault', 'ResourceInUse')) throw cause;
    const full = datastorePath(location.name, path);
    throw new IngotError(
      'datastore.in-use',
      `expected ${full} to have the size and the digest that its name stands for, found another file, which a VM uses`,
      { cause, remedy: `detach ${full} from the VMs that have it in a drive, delete it, then build again` },
    );
  }
}

function sidecarOf(name: string): string {
  return `${name}.sha256`;
}

function notWhole(path: string, expected: number, found: number | undefined): IngotError {
  const size = found === undefined ? 'no such file' : `${found} bytes`;
  return new IngotError('datastore.upload', `expected ${expected} bytes at ${path} after the upload, found ${size}`, {
    retryable: true,
    remedy: 'look at the datastore in the vSphere client: something truncates or removes files there',
  });
}
