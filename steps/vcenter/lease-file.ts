import { IngotError } from '../../common/failure.ts';
import { parseJson } from '../../common/json.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import {
  deleteDatastoreFile,
  makeDirectory,
  moveDatastoreFile,
  searchDatastore,
} from '../../vsphere/datastore-files.ts';
import { download, uploadText } from '../../vsphere/datastore-transfer.ts';
import { isFault } from '../../vsphere/fault.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';
import { makeTopDirectory } from '../../vsphere/top-directory.ts';
import { type Holder, holderSchema } from './lease-holder.ts';
import { smallText } from './small-file.ts';

const holderName = /^holder-[0-9a-f]{16}\.json$/;

/** A holder as it was read: its file's name, what it says if that can be read, and when the file was written. */
export interface Signed {
  readonly file: string;
  readonly holder: Holder | undefined;
  /** ISO 8601, by the clock of the datastore. */
  readonly modified: string | undefined;
}

/** The folder of a lease and the one file in it, `holder-<16 hex>.json`. */
export interface LeaseFolder {
  readonly path: string;
  /** Atomic: of several who try, one makes it. */
  make(signal: AbortSignal): Promise<'created' | 'exists'>;
  signed(signal: AbortSignal): Promise<readonly Signed[]>;
  write(file: string, holder: Holder, signal: AbortSignal): Promise<void>;
  read(file: string, signal: AbortSignal): Promise<Holder | undefined>;
  /** Takes a file out of the way, atomically: false when somebody else was first. */
  takeAway(file: string, as: string, signal: AbortSignal): Promise<boolean>;
  /** Deletes one file, or the folder with all in it. */
  remove(file: string | undefined, signal: AbortSignal): Promise<void>;
}

export function leaseFolder(vc: Vsphere, location: DatastoreLocation, path: string): LeaseFolder {
  const at = (file: string) => `${path}/${file}`;
  const read = async (file: string, signal: AbortSignal): Promise<Holder | undefined> => {
    const text = await smallText(download(vc, location, at(file), { signal }), signal);
    return holderSchema.safeParse(parseJson(text)).data; // half written: the next look reads it whole
  };
  const make = async (signal: AbortSignal): Promise<'created' | 'exists'> => {
    try {
      return await makeDirectory(vc, location, path, { signal });
    } catch (error) {
      if (!isFault(error, 'FileNotFound')) throw error;
    }
    const parent = path.slice(0, path.lastIndexOf('/'));
    const [top = parent] = parent.split('/');
    if (!location.topLevelDirectories) await makeTopDirectory(vc, location, top, { signal });
    await makeDirectory(vc, location, parent, { parents: true, signal });
    // With its parents made too, a server may say 'created' to two: the lease's own folder is made by itself.
    return makeDirectory(vc, location, path, { signal });
  };
  return {
    path,
    read,
    async make(signal) {
      try {
        return await make(signal);
      } catch (error) {
        throw isFault(error, 'FileFault', 'InvalidDatastore') ? notMade(location.name, path, error) : error;
      }
    },
    async signed(signal) {
      const files = (await searchDatastore(vc, location, path, ['holder-*.json'], { signal })) ?? [];
      const ours = files.filter(({ name }) => holderName.test(name));
      return Promise.all(
        ours.map(async ({ name, modified }) => ({ file: name, holder: await read(name, signal), modified })),
      );
    },
    async write(file, holder, signal) {
      await uploadText(vc, location, at(file), `${JSON.stringify(holder)}\n`, { signal });
    },
    async takeAway(file, as, signal) {
      try {
        await moveDatastoreFile(vc, { location, path: at(file) }, { location, path: at(as) }, { signal });
        return true;
      } catch (error) {
        if (isFault(error, 'FileNotFound')) return false;
        throw error;
      }
    },
    async remove(file, signal) {
      const what = file === undefined ? path : at(file);
      await deleteDatastoreFile(vc, location, what, { missing: 'ignore', signal });
    },
  };
}

/** MakeDirectory is no task: what vCenter says of it stands nowhere else. */
function notMade(datastore: string, path: string, cause: unknown): IngotError {
  const what = `expected to make the folder [${datastore}] ${path}, which keeps other builds of the image away`;
  if (isFault(cause, 'NoDiskSpace')) {
    return new IngotError('datastore.full', `${what}, found datastore ${datastore} full`, {
      cause,
      remedy: `free space on ${datastore}, or choose another datastore in the image file`,
    });
  }
  return new IngotError('datastore.denied', `${what}, found that vCenter could not`, {
    cause,
    evidence: cause instanceof Error ? [cause.message] : [],
    remedy: `look whether ${datastore} is mounted read-only or inaccessible on its hosts, and whether something else has that name`,
  });
}
