import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { datastorePath } from './datastore-path.ts';
import { isFault } from './fault.ts';
import type { DatastoreLocation } from './inventory.ts';
import type { TaskOptions } from './task.ts';

export interface DatastoreFile {
  /** Its name, without folder. */
  readonly name: string;
  /** In bytes. */
  readonly size: number | undefined;
  /** ISO 8601. */
  readonly modified: string | undefined;
  readonly isFolder: boolean;
}

/**
 * The files of a folder that match one of the patterns (`*`, `name.iso`), with their real size: what HEAD says of size
 * and date is not reliable. undefined if the folder does not exist.
 */
export async function searchDatastore(
  vc: Vsphere,
  location: DatastoreLocation,
  folder: string,
  patterns: readonly string[] = ['*'],
  options: TaskOptions = {},
): Promise<DatastoreFile[] | undefined> {
  const path = datastorePath(location.name, folder);
  try {
    const found = await vc.task(
      'SearchDatastore_Task',
      location.browser,
      {
        datastorePath: path,
        searchSpec: {
          details: { fileType: true, fileSize: true, modification: true, fileOwner: false },
          searchCaseInsensitive: false,
          matchPattern: patterns,
        },
      },
      { what: `listing ${path}`, ...options },
    );
    return (found.file ?? []).map((file) => ({
      name: file.path,
      size: file.fileSize,
      modified: file.modification,
      isFolder: file.$type === 'FolderFileInfo',
    }));
  } catch (error) {
    if (isFault(error, 'FileNotFound')) return undefined;
    throw error;
  }
}

/** A pattern for a file of that name, and perhaps others: what has a meaning in patterns stands for any character. */
export function patternOf(name: string): string {
  return name.replaceAll(/[[\]*?\\]/g, '?');
}

/**
 * Makes a folder. It is atomic: of several who try, one gets 'created', so it can serve as a lease. A lost answer leaves
 * open who made it: `vsphere.lost-answer`.
 */
export async function makeDirectory(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  options: { readonly parents?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<'created' | 'exists'> {
  try {
    await vc.call(
      'MakeDirectory',
      fileManager(vc),
      {
        name: datastorePath(location.name, path),
        datacenter: location.datacenter,
        createParentDirectories: options.parents ?? false,
      },
      { signal: options.signal },
    );
    return 'created';
  } catch (error) {
    if (isFault(error, 'FileAlreadyExists')) return 'exists';
    throw error;
  }
}

/** Moves a file, atomically; a folder is not moved atomically, and its destination must be free even with `force`. */
export async function moveDatastoreFile(
  vc: Vsphere,
  from: { readonly location: DatastoreLocation; readonly path: string },
  to: { readonly location: DatastoreLocation; readonly path: string },
  options: TaskOptions & { readonly force?: boolean } = {},
): Promise<void> {
  await vc.task(
    'MoveDatastoreFile_Task',
    fileManager(vc),
    {
      sourceName: datastorePath(from.location.name, from.path),
      sourceDatacenter: from.location.datacenter,
      destinationName: datastorePath(to.location.name, to.path),
      destinationDatacenter: to.location.datacenter,
      force: options.force ?? false,
    },
    { what: `moving ${datastorePath(from.location.name, from.path)}`, ...options },
  );
}

/** Deletes a file, or a folder with all in it. `missing: 'ignore'`: nothing there is no error. False if it was not there. */
export async function deleteDatastoreFile(
  vc: Vsphere,
  location: DatastoreLocation,
  path: string,
  options: TaskOptions & { readonly missing?: 'ignore' | 'error' } = {},
): Promise<boolean> {
  if (path === '') throw new IngotError('datastore.path', 'expected a file to delete, found a whole datastore');
  const name = datastorePath(location.name, path);
  try {
    await vc.task(
      'DeleteDatastoreFile_Task',
      fileManager(vc),
      { name, datacenter: location.datacenter },
      { what: `deleting ${name}`, ...options },
    );
    return true;
  } catch (error) {
    if (options.missing === 'ignore' && isFault(error, 'FileNotFound')) return false;
    throw error;
  }
}

function fileManager(vc: Vsphere) {
  const { fileManager: manager } = vc.content;
  if (manager) return manager;
  throw new IngotError('vsphere.answer', 'expected a FileManager in the service content, found none');
}
