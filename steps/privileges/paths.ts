import type { Image } from '../../image/index.ts';
import { escapeName, splitPath } from '../../vsphere/names.ts';
import { libraryFolders, mediaDatastoreNames } from './media-names.ts';
import type { ObjectKind } from './objects.ts';

/** Inventory paths of the objects of an image, by what they are to it. */
export type ObjectPaths = Readonly<Partial<Record<ObjectKind, readonly string[]>>>;

/**
 * As the image file has them, without a look at vCenter: a name that stands for an object in a folder below is taken to
 * be right there. Distributed switches are not known.
 */
export function pathsOf(image: Image): ObjectPaths {
  const { placement, template, hardware, smokeTest, source } = image;
  const center = `/${splitPath(placement.datacenter).join('/')}`;
  const below = (branch: string, path: string) =>
    path.startsWith('/') ? path : [center, branch, ...splitPath(path)].join('/');
  const compute = below('host', placement.compute);
  const cluster = placement.datastoreCluster;
  return {
    vcenter: ['/'],
    datacenter: [center],
    folder: [below('vm', placement.folder)],
    'template-folder': [below('vm', template.folder)],
    'library-folder': libraryFolders(image).map((folder) => below('vm', folder)),
    compute: [compute],
    pool: [[compute, 'Resources', ...splitPath(placement.resourcePool ?? '')].join('/')],
    datastore: [below('datastore', placement.datastore ?? cluster ?? '')],
    'datastore-cluster': cluster === undefined ? [] : [below('datastore', cluster)],
    'media-datastore': mediaDatastoreNames(image).map((name) => below('datastore', escapeName(name))),
    network: [...new Set(hardware.nics.map((nic) => below('network', nic.network)))],
    'smoke-network': smokeTest.network === undefined ? [] : [below('network', smokeTest.network)],
    switch: [],
    source: source?.kind === 'template' || source?.kind === 'vm' ? [below('vm', source.path)] : [],
  };
}
