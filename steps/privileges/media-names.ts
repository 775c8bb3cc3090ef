import type { Image, MediaLocation } from '../../image/index.ts';
import { parseDatastorePath } from '../../vsphere/datastore-path.ts';

/** Datastores of the media that are in vCenter already. The hosts' own files (`[]`) are on none. */
export function mediaDatastoreNames({ media }: Image): readonly string[] {
  const names = locations(media).flatMap((location) =>
    location?.kind === 'datastore' && !location.path.startsWith('[]')
      ? [parseDatastorePath(location.path).datastore]
      : [],
  );
  return [...new Set(names)];
}

/** Content libraries of the media. */
export function mediaLibraries({ media }: Image): readonly string[] {
  const names = locations(media).flatMap((location) => (location?.kind === 'library' ? [location.library] : []));
  return [...new Set(names)];
}

function locations({ iso, toolsIso }: Image['media']): readonly (MediaLocation | undefined)[] {
  return [iso, toolsIso];
}
