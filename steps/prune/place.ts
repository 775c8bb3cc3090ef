import type { Image } from '../../image/index.ts';
import { type Names, namesOf } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { findFolder } from '../../vsphere/folder.ts';
import { type Datacenter, type DatastoreLocation, openDatacenter } from '../../vsphere/inventory.ts';
import { splitPath } from '../../vsphere/names.ts';
import type { Ref } from '../../vsphere/values.ts';
import { datastores } from '../vcenter/datastores.ts';
import type { PruneRules } from './leftover.ts';

/** A vCenter that is looked through. */
export interface Center {
  readonly vc: Vsphere;
  /** Host name as the image file says it. */
  readonly server: string;
  /** The present time of vCenter, as Date.now() counts. */
  readonly now: number;
  readonly rules: PruneRules;
  /** The VM that has an ISO in a CD drive, by the ISO's datastore path. Asked for when something could be removed. */
  drives(): Promise<ReadonlyMap<string, string>>;
}

/** Where an image's builds leave things. */
export interface Place {
  readonly image: Image;
  readonly names: Names;
  readonly datacenter: Datacenter;
  /** All of a datastore cluster: each build chooses among them. */
  readonly datastores: readonly DatastoreLocation[];
  /** Inventory paths of the folders of the master, and of the template. */
  readonly folderPath: string;
  readonly templateFolderPath: string;
  readonly templateFolder: Ref<'Folder'>;
}

/** Reads a datacenter once, whatever number of images are built in it. */
export function placeFinder(vc: Vsphere, signal: AbortSignal): (image: Image) => Promise<Place> {
  const datacenters = new Map<string, Promise<Datacenter>>();
  return async (image) => {
    const { placement, template } = image;
    const opening = datacenters.get(placement.datacenter) ?? openDatacenter(vc, placement.datacenter, { signal });
    datacenters.set(placement.datacenter, opening);
    const datacenter = await opening;
    const [found, templateFolder] = await Promise.all([
      datastores(vc, image, datacenter, signal),
      findFolder(vc, datacenter, template.folder, { signal }),
    ]);
    const below = (path: string) => [`${datacenter.path}/vm`, ...splitPath(path)].join('/');
    return {
      image,
      names: namesOf(image),
      datacenter,
      datastores: found,
      folderPath: below(placement.folder),
      templateFolderPath: below(template.folder),
      templateFolder,
    };
  };
}
