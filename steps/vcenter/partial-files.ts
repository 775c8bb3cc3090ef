import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Vsphere } from '../../vsphere/connect.ts';
import { type DatastoreFile, deleteDatastoreFile } from '../../vsphere/datastore-files.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';

/** Milliseconds after which a partial upload is one that a killed build left: no upload takes that long. */
export const partialMs = 48 * 3_600_000;
const discardMs = 30_000;
// vCenter holds a file for a moment after the connection that wrote it broke.
const discardPausesMs = [200, 1000, 5000];

/** A name that nobody else uses, for a file that is not whole yet. */
export function partialName(): string {
  return `upload-${randomBytes(8).toString('hex')}.partial`;
}

/** Deletes a file that is not whole; also after an interruption. If it cannot be, a later build sweeps it. */
export async function discard(vc: Vsphere, location: DatastoreLocation, path: string): Promise<void> {
  const signal = AbortSignal.timeout(discardMs);
  for (const pause of [...discardPausesMs, undefined]) {
    try {
      await deleteDatastoreFile(vc, location, path, { missing: 'ignore', signal });
      return;
    } catch {
      if (pause === undefined || signal.aborted) return;
      await delay(pause);
    }
  }
}

/** Deletes what killed builds left among the media. It is in nobody's way: that it stays is no failure. */
export async function sweepMedia(
  vc: Vsphere,
  { location, folder }: { readonly location: DatastoreLocation; readonly folder: string },
  files: readonly DatastoreFile[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const names = new Set(files.map(({ name }) => name));
    const left = files.filter((file) => ageOf(file) > partialMs && (isPartial(file) || isOrphan(file, names)));
    await Promise.all(
      left.map(({ name }) => deleteDatastoreFile(vc, location, `${folder}/${name}`, { missing: 'ignore', signal })),
    );
  } catch {
    // the next build tries again
  }
}

function isPartial({ name }: DatastoreFile): boolean {
  return name.endsWith('.partial');
}

/** The digest of a file that never came. */
function isOrphan({ name }: DatastoreFile, names: ReadonlySet<string>): boolean {
  const sidecar = /^(sha256-.*)\.sha256$/.exec(name);
  return sidecar !== null && !names.has(sidecar[1] ?? '');
}

/** Milliseconds since it was written; 0 where vCenter does not say. */
function ageOf({ modified }: DatastoreFile): number {
  const age = Date.now() - Date.parse(modified ?? '');
  return Number.isNaN(age) ? 0 : age;
}
