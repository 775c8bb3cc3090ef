import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { findFolder } from '../../vsphere/folder.ts';
import { type Compute, type Datacenter, type DatastoreLocation, openDatacenter } from '../../vsphere/inventory.ts';
import { splitPath } from '../../vsphere/names.ts';
import { readMixed } from '../../vsphere/properties.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import type { AnyVirtualDeviceBackingInfo } from '../../vsphere/vim25.gen.ts';
import { type PlacedObjects, placedObjects } from '../privileges/placed.ts';
import { datastores, emptiest } from './datastores.ts';
import { hostsOf, usableHost } from './hosts.ts';
import { networkPaths, nicBacking } from './networks.ts';

/** Where the image file wants the VM, found in vCenter. */
export interface Placement {
  readonly datacenter: Ref<'Datacenter'>;
  readonly datacenterPath: string;
  readonly folder: Ref<'Folder'>;
  /** Inventory path of `folder`, and of the folder of the template. */
  readonly folderPath: string;
  readonly templateFolder: Ref<'Folder'>;
  readonly templateFolderPath: string;
  readonly compute: Compute;
  readonly pool: Ref<'ResourcePool' | 'VirtualApp'>;
  /** Named only where vCenter does not choose by itself: a cluster without DRS. */
  readonly host: Ref<'HostSystem'> | undefined;
  readonly datastore: DatastoreLocation & { readonly freeSpace: number };
  /** The datastore cluster that Storage DRS chooses from for each VM; `datastore` is its emptiest, for files. */
  readonly pod:
    | { readonly ref: Ref<'StoragePod'>; readonly name: string; readonly members: readonly DatastoreLocation[] }
    | undefined;
  /** Backings of the NICs, in the order of the image file. */
  readonly networks: readonly AnyVirtualDeviceBackingInfo[];
  /** All that a build needs rights on. */
  readonly objects: PlacedObjects;
  /** Where the NICs of the smoke test's clone are; undefined: not connected. */
  readonly smokeNetwork: AnyVirtualDeviceBackingInfo | undefined;
  /** One line for a person. */
  readonly description: string;
}

/** Looks all of it up. Throws `vsphere.not-found` or `vsphere.ambiguous` with the candidates. */
export async function findPlacement(vc: Vsphere, image: Image, signal: AbortSignal): Promise<Placement> {
  const { placement, hardware, template } = image;
  const center = await openDatacenter(vc, placement.datacenter, { signal });
  const compute = center.compute(placement.compute);
  const pool =
    placement.resourcePool === undefined
      ? compute.resourcePool
      : center.resourcePool(`${placement.compute}/Resources/${placement.resourcePool}`);
  const networks = hardware.nics.map((nic) => center.network(nic.network));
  const { enabled, network: isolated } = image.smokeTest;
  const smoke = enabled && isolated !== undefined ? center.network(isolated) : undefined;
  const all = smoke === undefined ? networks : [...networks, smoke];
  const candidates = await datastores(vc, image, center, signal);
  const { datastoreCluster: podName } = placement;
  const pod =
    podName === undefined ? undefined : { ref: center.storagePod(podName), name: podName, members: candidates };
  const requests = [
    ...candidates.map((datastore) => ({
      object: datastore.ref,
      paths: ['summary.freeSpace', 'summary.accessible', 'host'],
    })),
    ...(compute.ref.type === 'ClusterComputeResource'
      ? [{ object: compute.ref, paths: ['configuration.drsConfig.enabled'] }]
      : []),
    ...all.map(({ ref }) => ({ object: ref, paths: ['host', ...networkPaths(ref)] })),
  ];
  const [values, folder, templateFolder] = await Promise.all([
    readMixed(vc.session, requests, { signal }),
    vmFolder(vc, center, placement.folder, signal),
    template.folder === placement.folder ? undefined : vmFolder(vc, center, template.folder, signal),
  ]);
  const datastore = emptiest(candidates, values);
  const drs = values.get(refText(compute.ref))?.['configuration.drsConfig.enabled'] === true;
  const needsHost = compute.ref.type === 'ClusterComputeResource' && !drs;
  const reach = [datastore, ...all].map(({ ref, name }) => ({ name, hosts: hostsOf(values.get(refText(ref))) }));
  const backings = await Promise.all(
    all.map((network) => nicBacking(vc, network, values.get(refText(network.ref)), signal)),
  );
  return {
    datacenter: center.ref,
    datacenterPath: center.path,
    folder: folder.ref,
    folderPath: folder.path,
    templateFolder: (templateFolder ?? folder).ref,
    templateFolderPath: (templateFolder ?? folder).path,
    compute,
    pool,
    host: compute.host ?? (needsHost ? await usableHost(vc, compute, reach, signal) : undefined),
    datastore,
    pod,
    networks: backings.slice(0, networks.length),
    objects: placedObjects(image, {
      rootFolder: vc.content.rootFolder,
      ...{ center, compute, pool, datastores: candidates, networks, smokeNetwork: smoke, values },
      folder: folder.ref,
      templateFolder: (templateFolder ?? folder).ref,
    }),
    smokeNetwork: backings[networks.length],
    description: `${folder.path}, ${compute.name}, datastore ${datastore.name}, network ${networks.map((n) => n.name).join(', ')}`,
  };
}

/** The VM folder at a path below the datacenter's vm folder, with its inventory path. */
async function vmFolder(vc: Vsphere, center: Datacenter, path: string, signal: AbortSignal) {
  const full = [`${center.path}/vm`, ...splitPath(path)].join('/');
  return { ref: await findFolder(vc, center, path, { signal }), path: full };
}
