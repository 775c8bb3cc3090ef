import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import type { DatastoreLocation } from './inventory.ts';

/** `datastore.full`. */
export function fullError(what: string, datastore: string): IngotError {
  return new IngotError('datastore.full', `${what}: datastore ${datastore} has no room for it`, {
    remedy: `Free space on ${datastore}, or choose another datastore in the image file.`,
  });
}

/**
 * vCenter rarely says why it refused or cut an upload; the free space does: `datastore.full` if `missing` bytes do not
 * fit. The question also renews a session that has expired in the meantime.
 */
export async function fullErrorIfSo(
  vc: Vsphere,
  location: DatastoreLocation,
  missing: number,
  what: string,
  signal: AbortSignal | undefined,
): Promise<IngotError | undefined> {
  try {
    const values = await vc.read(location.ref, ['summary.freeSpace'], { signal });
    return values['summary.freeSpace'] < missing ? fullError(what, location.name) : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** `datastore.upload`, retryable: the connection broke in the middle. */
export function brokenError(what: string, bytes: number, cause: unknown): IngotError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new IngotError('datastore.upload', `${what}: broke off after ${bytes} bytes: ${reason}`, {
    cause,
    retryable: true,
    unreachable: cause instanceof IngotError && cause.unreachable,
    timedOut: cause instanceof IngotError && cause.timedOut,
    remedy: 'vCenter also closes the connection without a word when the file is in use by a VM: detach it there first.',
  });
}

/** `datastore.denied` or `datastore.upload` for an HTTP status that is no success. */
export function statusError(what: string, location: DatastoreLocation, status: number): IngotError {
  if (status === 401 || status === 403 || status === 404) {
    return new IngotError('datastore.denied', `${what}: vCenter answered HTTP ${status}`, {
      remedy:
        `Check that the folder exists on ${location.name}, and give the account Datastore.Browse and Datastore.FileManagement ` +
        `on the datacenter /${location.datacenterPath} and on the datastore: vCenter answers 401 or 404 where they are missing.`,
    });
  }
  return new IngotError('datastore.upload', `${what}: expected HTTP 200 or 201, found ${status}`, {
    retryable: status >= 500 || status === 429,
    remedy: 'An encrypted datastore also needs Cryptographer.Access. Look at the log of vCenter (vpxd).',
  });
}
