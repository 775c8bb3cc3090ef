import { posix } from 'node:path';
import { IngotError } from '../common/failure.ts';

export interface DatastorePath {
  /** The datastore's name; '' for the host's own files (`[] /vmimages/…`). */
  readonly datastore: string;
  /** The path on it, without a leading slash where the datastore is named. */
  readonly path: string;
}

/**
 * Reads `[datastore] folder/file`; slashes that are one too many are left out, which HTTP servers would redirect. Throws
 * `datastore.path`.
 */
export function parseDatastorePath(text: string): DatastorePath {
  const match = /^\[([^\]]*)\]\s*(.*)$/.exec(text.trim());
  if (!match) {
    throw new IngotError(
      'datastore.path',
      `expected a datastore path like "[datastore1] folder/file", found "${text}"`,
    );
  }
  const [, datastore = '', path = ''] = match;
  if (datastore === '' || path === '') return { datastore, path };
  return { datastore, path: posix.normalize(path).replace(/^\/+/, '') };
}

/** Writes `[datastore] folder/file`. */
export function datastorePath(datastore: string, path: string): string {
  return path === '' ? `[${datastore}]` : `[${datastore}] ${path}`;
}

/**
 * The URL path under which vCenter serves a datastore's file. `dcPath` is the datacenter's inventory path with its
 * folders; an ampersand in it has to be escaped twice.
 */
export function folderUrl(datacenterPath: string, datastore: string, path: string): string {
  const file = path.split('/').map(encodeURIComponent).join('/');
  const dcPath = encodeURIComponent(datacenterPath.replaceAll('&', '%26'));
  return `/folder/${file}?dcPath=${dcPath}&dsName=${encodeURIComponent(datastore)}`;
}
