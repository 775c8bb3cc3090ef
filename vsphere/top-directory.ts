import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { makeDirectory } from './datastore-files.ts';
import { datastorePath } from './datastore-path.ts';
import { isFault } from './fault.ts';
import type { DatastoreLocation } from './inventory.ts';
import type { ReadOptions } from './properties.ts';

/**
 * Makes a folder at the root of a datastore, or finds it, and returns the folder name to use in paths. vSAN and vVols
 * have no plain folders there: a namespace is made, whose real name is a UUID (the friendly name is a symlink).
 */
export async function makeTopDirectory(
  vc: Vsphere,
  location: DatastoreLocation,
  name: string,
  options: ReadOptions = {},
): Promise<string> {
  if (location.topLevelDirectories) {
    await makeDirectory(vc, location, name, options);
    return name;
  }
  const { datastoreNamespaceManager } = vc.content;
  if (datastoreNamespaceManager === undefined)
    throw new IngotError('vsphere.answer', 'expected a DatastoreNamespaceManager, found none');
  try {
    const params = { datastore: location.ref, displayName: name };
    const path = await vc.call('CreateDirectory', datastoreNamespaceManager, params, options);
    return path.replace(/\/+$/, '').split('/').at(-1) ?? name;
  } catch (error) {
    if (!isFault(error, 'FileAlreadyExists')) throw error;
    return (await friendlyFolder(vc, location, name, options)) ?? name;
  }
}

async function friendlyFolder(
  vc: Vsphere,
  location: DatastoreLocation,
  name: string,
  { signal }: ReadOptions,
): Promise<string | undefined> {
  const found = await vc.task(
    'SearchDatastore_Task',
    location.browser,
    { datastorePath: datastorePath(location.name, ''), searchSpec: { matchPattern: ['*'] } },
    { signal, what: `listing [${location.name}]` },
  );
  return found.file?.find(({ friendlyName }) => friendlyName === name)?.path;
}
