import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { Vsphere } from '../../vsphere/connect.ts';
import {
  deleteDatastoreFile,
  makeDirectory,
  moveDatastoreFile,
  searchDatastore,
} from '../../vsphere/datastore-files.ts';
import { datastorePath, parseDatastorePath } from '../../vsphere/datastore-path.ts';
import { download, upload } from '../../vsphere/datastore-transfer.ts';
import { isFault } from '../../vsphere/fault.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';

export interface PutOptions {
  /** Bytes. */
  readonly size: number;
  /** Begins anew with each call: an upload may be repeated. */
  content(): AsyncIterable<Uint8Array>;
  onProgress(done: number, total: number): void;
  readonly signal: AbortSignal;
}

export interface Put {
  /** `[datastore] folder/name`. */
  readonly path: string;
  readonly uploadedBytes: number;
}

/** Files on the datastores of a build. Paths of the build's own datastore are relative, others `[datastore] path`. */
export interface DatastoreFiles {
  makeFolders(path: string, signal: AbortSignal): Promise<void>;
  /** One folder in one that is there. Tells whether it was there already. */
  makeFolder(path: string, signal: AbortSignal): Promise<'created' | 'exists'>;
  /** Deletes the files of a folder, but for those that are in use. */
  clearFolder(path: string, signal: AbortSignal): Promise<void>;
  /** Uploads a file under a name that nobody else uses. */
  put(path: string, options: PutOptions): Promise<Put>;
  /** Uploads a file that is named by its content, unless it is there; it takes its name only when it is whole. */
  putMedia(path: string, options: PutOptions): Promise<Put>;
  exists(path: string, signal: AbortSignal): Promise<boolean>;
  read(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** A file that is not there is no failure. */
  delete(path: string, signal: AbortSignal): Promise<void>;
}

/** @param find the datastore of the build's datacenter by its name; '' is the build's own */
export function datastoreFiles(
  vc: Vsphere,
  find: (name: string, signal: AbortSignal) => Promise<DatastoreLocation>,
): DatastoreFiles {
  const locate = async (text: string, signal: AbortSignal) => {
    const { datastore, path } = text.startsWith('[') ? parseDatastorePath(text) : { datastore: '', path: text };
    return { location: await find(datastore, signal), path };
  };
  const sizeOf = async (location: DatastoreLocation, path: string, signal: AbortSignal) => {
    const found = await searchDatastore(vc, location, posix.dirname(path), [posix.basename(path)], { signal });
    return found?.find((file) => file.name === posix.basename(path))?.size;
  };
  const send = async (location: DatastoreLocation, path: string, { size, content, onProgress, signal }: PutOptions) => {
    const source = { size, open: content };
    const { bytes } = await upload(vc, location, path, source, {
      signal,
      onProgress: (done) => onProgress(done, size),
    });
    return bytes;
  };
  return {
    async makeFolders(path, signal) {
      const { location } = await locate(path, signal);
      await makeDirectory(vc, location, path, { parents: true, signal });
    },
    async makeFolder(path, signal) {
      const { location } = await locate(path, signal);
      return makeDirectory(vc, location, path, { signal });
    },
    async clearFolder(path, signal) {
      const { location } = await locate(path, signal);
      const files = (await searchDatastore(vc, location, path, ['*'], { signal })) ?? [];
      const deletions = files.map(async ({ name }) => {
        try {
          await deleteDatastoreFile(vc, location, `${path}/${name}`, { missing: 'ignore', signal });
        } catch (error) {
          if (!isFault(error, 'FileFault')) throw error;
        }
      });
      await Promise.all(deletions);
    },
    async put(path, options) {
      const { location } = await locate(path, options.signal);
      return { path: datastorePath(location.name, path), uploadedBytes: await send(location, path, options) };
    },
    async putMedia(path, options) {
      const { location } = await locate(path, options.signal);
      const full = datastorePath(location.name, path);
      if ((await sizeOf(location, path, options.signal)) === options.size) return { path: full, uploadedBytes: 0 };
      const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
      try {
        const uploadedBytes = await send(location, partial, options);
        const from = { location, path: partial };
        await moveDatastoreFile(vc, from, { location, path }, { force: true, signal: options.signal });
        return { path: full, uploadedBytes };
      } catch (error) {
        // What is left of a broken upload is of no use to anyone; that it stays is no new failure.
        const signal = AbortSignal.timeout(30_000);
        await deleteDatastoreFile(vc, location, partial, { missing: 'ignore', signal }).catch(() => undefined);
        throw error;
      }
    },
    async exists(text, signal) {
      const { location, path } = await locate(text, signal);
      return (await sizeOf(location, path, signal)) !== undefined;
    },
    async read(text, signal) {
      const { location, path } = await locate(text, signal);
      return download(vc, location, path, { signal });
    },
    async delete(text, signal) {
      const { location, path } = await locate(text, signal);
      await deleteDatastoreFile(vc, location, path, { missing: 'ignore', signal });
    },
  };
}
