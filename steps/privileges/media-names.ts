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

/** Content libraries of the media, of the source, and those that the template is published to. */
export function librariesOf({ media, source, publish }: Image): readonly string[] {
  const names = locations(media).flatMap((location) => (location?.kind === 'library' ? [location.library] : []));
  const from = source?.kind === 'library' ? [source.library] : [];
  return [...new Set([...names, ...from, ...publish.contentLibraries.map(({ library }) => library)])];
}

/** VM folders of the VM templates that libraries manage. */
export function libraryFolders({ publish }: Image): readonly string[] {
  const own = publish.contentLibraries.filter(({ type }) => type === 'vm-template');
  return [...new Set(own.map(({ folder }) => folder))];
}

function locations({ iso, toolsIso }: Image['media']): readonly (MediaLocation | undefined)[] {
  return [iso, toolsIso];
}
