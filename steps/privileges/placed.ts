import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Compute, Datacenter, DatastoreLocation, Network, PoolRef } from '../../vsphere/inventory.ts';
import type { Ref } from '../../vsphere/values.ts';
import { isRef, ref, refText } from '../../vsphere/values.ts';
import type { ManagedEntityType } from '../../vsphere/vim25.gen.ts';
import { mediaDatastoreNames } from './media-names.ts';
import type { ObjectKind } from './objects.ts';

/** The objects of an image in vCenter, by what they are to it. */
export type PlacedObjects = Readonly<Partial<Record<ObjectKind, readonly Ref<ManagedEntityType>[]>>>;

export interface Placed {
  readonly rootFolder: Ref<ManagedEntityType>;
  readonly center: Datacenter;
  readonly folder: Ref<'Folder'>;
  readonly templateFolder: Ref<'Folder'>;
  readonly compute: Compute;
  readonly pool: PoolRef;
  /** All that may be chosen. */
  readonly datastores: readonly DatastoreLocation[];
  readonly networks: readonly Network[];
  readonly smokeNetwork: Network | undefined;
  /** Properties by `refText`; of distributed port groups `config.distributedVirtualSwitch`. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** What a build of an image needs rights on. */
export function placedObjects(image: Image, placed: Placed): PlacedObjects {
  const { center, networks, smokeNetwork, values } = placed;
  const { datastoreCluster } = image.placement;
  const all = smokeNetwork === undefined ? networks : [...networks, smokeNetwork];
  const switches = all.flatMap(({ ref: network }) => {
    const found = values.get(refText(network))?.['config.distributedVirtualSwitch'];
    return isRef(found) ? [ref('DistributedVirtualSwitch', found.value)] : [];
  });
  return {
    vcenter: [placed.rootFolder],
    datacenter: [center.ref],
    folder: [placed.folder],
    'template-folder': [placed.templateFolder],
    compute: [placed.compute.ref],
    pool: [placed.pool],
    datastore: placed.datastores.map((datastore) => datastore.ref),
    'datastore-cluster': datastoreCluster === undefined ? [] : [center.storagePod(datastoreCluster)],
    'media-datastore': mediaDatastores(image, center),
    network: each(networks.map((network) => network.ref)),
    'smoke-network': smokeNetwork === undefined ? [] : [smokeNetwork.ref],
    switch: each(switches),
  };
}

/** Where media lie that are in vCenter already; the hosts' own files (`[]`) are on no datastore. */
function mediaDatastores(image: Image, center: Datacenter): readonly Ref<'Datastore'>[] {
  return each(
    mediaDatastoreNames(image).flatMap((name) => {
      try {
        return [center.datastore(name).ref];
      } catch (error) {
        if (error instanceof IngotError) return []; // who looks for the file tells
        throw error;
      }
    }),
  );
}

function each<R extends Ref>(refs: readonly R[]): readonly R[] {
  return [...new Map(refs.map((item) => [refText(item), item])).values()];
}
