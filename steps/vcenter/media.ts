import type { MediaLocation } from '../../image/index.ts';
import type { OpenSource } from '../../iso/source.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { datastorePath, parseDatastorePath } from '../../vsphere/datastore-path.ts';
import { readTail, type Tail } from '../../vsphere/datastore-tail.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';

/** Files that are in vCenter already, and are read there. */
export interface VcenterMedia {
  /** `[datastore] path` of a file that a datastore or a content library holds. @throws IngotError when there is none */
  pathOf(location: Extract<MediaLocation, { kind: 'datastore' | 'library' }>, signal: AbortSignal): Promise<string>;
  /** Opens a file for ranged reads. `modified` is ISO 8601; '' where vCenter does not say. */
  open(path: string, signal: AbortSignal): Promise<{ readonly source: OpenSource; readonly modified: string }>;
  /** What a growing file got since the last look. */
  tail(path: string, offset: number, signal: AbortSignal): Promise<Tail | undefined>;
}

/** @param find the datastore of the build's datacenter by its name */
export function vcenterMedia(
  vc: Vsphere,
  find: (name: string, signal: AbortSignal) => Promise<DatastoreLocation>,
): VcenterMedia {
  const locate = async (text: string, signal: AbortSignal) => {
    const { datastore, path } = parseDatastorePath(text);
    return { location: await find(datastore, signal), path };
  };
  return {
    async pathOf(location, signal) {
      if (location.kind === 'library') {
        const { resolveLibraryItem } = await import('../../vsphere/content-library.ts');
        return (await resolveLibraryItem(vc, location.library, location.item, { signal })).path;
      }
      // The namespace of the host's own files (`[]`) is no datastore that could be looked up.
      if (location.path.startsWith('[]')) return location.path;
      const found = await locate(location.path, signal);
      return datastorePath(found.location.name, found.path);
    },
    async open(text, signal) {
      const { openDatastoreSource } = await import('../../vsphere/datastore-source.ts');
      const { location, path } = await locate(text, signal);
      const source = await openDatastoreSource(vc, location, path, { signal });
      return { source, modified: source.modified ?? '' };
    },
    async tail(text, offset, signal) {
      const { location, path } = await locate(text, signal);
      return readTail(vc, location, path, offset, { signal });
    },
  };
}
