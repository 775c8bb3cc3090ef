import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { datastorePath, folderUrl } from './datastore-path.ts';
import type { DatastoreLocation } from './inventory.ts';

export interface Tail {
  /** What is behind the offset; empty when there is nothing new. */
  readonly bytes: Buffer;
  /** Where to go on. Smaller than the offset that was asked for when the file was begun anew: then from its beginning. */
  readonly next: number;
}

/**
 * What was written to a growing file since the last look, such as the log of a running VM. Asks for a range; where the
 * server sends the whole file instead, what was seen is left out here. undefined while there is no such file.
 *
 * Throws `datastore.denied` (a missing right, or a file that is locked), `datastore.download`.
 */
export async function readTail(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  offset: number,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Tail | undefined> {
  const { statusCode, body } = await vc.session.soap.http.request({
    method: 'GET',
    path: folderUrl(location.datacenterPath, location.name, path),
    headers: { cookie: vc.session.soap.cookie ?? '', range: `bytes=${offset}-` },
    signal: options.signal,
  });
  if (statusCode === 200 || statusCode === 206) {
    const bytes = Buffer.from(await body.arrayBuffer());
    if (statusCode === 206) return { bytes, next: offset + bytes.length };
    return bytes.length < offset
      ? { bytes: Buffer.alloc(0), next: 0 }
      : { bytes: bytes.subarray(offset), next: bytes.length };
  }
  await body.dump();
  if (statusCode === 404) return undefined;
  // Nothing behind the offset; whether the file is a new, shorter one is seen only from its beginning.
  if (statusCode === 416) return { bytes: Buffer.alloc(0), next: offset };
  throw new IngotError(
    statusCode === 401 || statusCode === 403 ? 'datastore.denied' : 'datastore.download',
    `reading ${datastorePath(location.name, path)}: vCenter answered HTTP ${statusCode}`,
    { remedy: 'Give the account Datastore.Browse on the datastore.' },
  );
}
