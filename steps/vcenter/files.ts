import { posix } from 'node:path';
import type { Vsphere } from '../../vsphere/connect.ts';
import { deleteDatastoreFile, makeDirectory, patternOf, searchDatastore } from '../../vsphere/datastore-files.ts';
import { datastorePath, parseDatastorePath } from '../../vsphere/datastore-path.ts';
import { download, upload } from '../../vsphere/datastore-transfer.ts';
import { isFault } from '../../vsphere/fault.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';
import { makeTopDirectory } from '../../vsphere/top-directory.ts';
import {
  findMedia,
  type MediaDigest,
  mediaOfSize,
  type PutDigested,
  type PutDigestedOptions,
  putDigested,
} from './media-files.ts';
import { throttled } from './throttled.ts';

export interface PutOptions {
  /** Bytes. */
  readonly size: number;
  /** Begins anew with each call: an upload may be repeated. A piece must stay as it is until the next is asked for. */
  content(): AsyncIterable<Uint8Array>;
  onProgress(done: number, total: number): void;
  /** Told why the upload begins anew; else it is an event of the connection. */
  log?(message: string): void;
  readonly signal: AbortSignal;
}

export interface Put {
  /** `[datastore] folder/name`. */
  readonly path: string;
  readonly uploadedBytes: number;
}

/** Files on the datastores of a build. Paths of the build's own datastore are relative, others `[datastore] path`. */
export interface DatastoreFiles {
  /** A folder and those that it lies in, unless they are there. */
  makeFolders(path: string, signal: AbortSignal): Promise<void>;
  /** The same; tells whether it was there already. */
  makeFolder(path: string, signal: AbortSignal): Promise<'created' | 'exists'>;
  /** Deletes the files of a folder, but for those that are in use. */
  clearFolder(path: string, signal: AbortSignal): Promise<void>;
  /** Uploads a file under a name that nobody else uses. */
  put(path: string, options: PutOptions): Promise<Put>;
  /** Uploads a file while it is digested, to a place that its content names; see `putDigested` of media-files.ts. */
  putDigested(options: PutDigestedOptions): Promise<PutDigested>;
  /** The path of a file that is there under its content's name, of the right size and with the recorded digest. */
  findMedia(folder: string, name: string, expected: MediaDigest, signal: AbortSignal): Promise<string | undefined>;
  /** Names of the media of that size, whatever their content: whether knowing a local file's digest can pay. */
  mediaOfSize(folder: string, size: number, signal: AbortSignal): Promise<readonly string[]>;
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
    const found = await searchDatastore(vc, location, posix.dirname(path), [patternOf(posix.basename(path))], {
      signal,
    });
    return found?.find((file) => file.name === posix.basename(path))?.size;
  };
  const send = async (location: DatastoreLocation, path: string, options: PutOptions) => {
    const { size, content, onProgress, log, signal } = options;
    const told = throttled((done) => onProgress(done, size));
    const source = { size, open: content };
    const { bytes } = await upload(vc, location, path, source, { signal, log, onProgress: told });
    told.flush();
    return bytes;
  };
  const mediaFolder = async (text: string, signal: AbortSignal) => {
    const { location, path } = await locate(text, signal);
    return { location, folder: path };
  };
  return {
    async makeFolders(path, signal) {
      const { location } = await locate(path, signal);
      // vSAN and vVols want a namespace at the root; its friendly name is a link to it.
      if (!location.topLevelDirectories) await makeTopDirectory(vc, location, path.split('/')[0] ?? path, { signal });
      await makeDirectory(vc, location, path, { parents: true, signal });
    },
    async makeFolder(path, signal) {
      const { location } = await locate(path, signal);
      try {
        return await makeDirectory(vc, location, path, { signal });
      } catch (error) {
        // Only what makes a single folder tells whether it was there; above it something is missing.
        if (!isFault(error, 'FileNotFound')) throw error;
        await this.makeFolders(path, signal);
        return 'created';
      }
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
    async putDigested({ folder, ...options }) {
      return putDigested(vc, await mediaFolder(folder, options.signal), options);
    },
    async findMedia(folder, name, expected, signal) {
      return findMedia(vc, await mediaFolder(folder, signal), name, expected, signal);
    },
    async mediaOfSize(folder, size, signal) {
      return mediaOfSize(vc, await mediaFolder(folder, signal), size, signal);
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
