import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import {
  type Compute,
  type DatastoreLocation,
  type Network,
  type NetworkRef,
  openDatacenter,
} from '../../vsphere/inventory.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { readMixed } from '../../vsphere/properties.ts';
import { isRef, type Ref, refText } from '../../vsphere/values.ts';
import type { AnyVirtualDeviceBackingInfo } from '../../vsphere/vim25.gen.ts';

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
  /** Backings of the NICs, in the order of the image file. */
  readonly networks: readonly AnyVirtualDeviceBackingInfo[];
  readonly networkRefs: readonly NetworkRef[];
  /** One line for a person. */
  readonly description: string;
}

/** Looks all of it up. Throws `vsphere.not-found` or `vsphere.ambiguous` with the candidates. */
export async function findPlacement(vc: Vsphere, image: Image, signal: AbortSignal): Promise<Placement> {
  const { placement, hardware, template } = image;
  const center = await openDatacenter(vc, placement.datacenter, { signal });
  const compute = center.compute(placement.compute);
  const networks = hardware.nics.map((nic) => center.network(nic.network));
  const candidates = await datastores(vc, image, center, signal);
  const requests = [
    ...candidates.map((datastore) => ({
      object: datastore.ref,
      paths: ['summary.freeSpace', 'summary.accessible', 'host'],
    })),
    ...(compute.ref.type === 'ClusterComputeResource'
      ? [{ object: compute.ref, paths: ['configuration.drsConfig.enabled'] }]
      : []),
    ...networks.map(({ ref }) => ({ object: ref, paths: ['host', ...networkPaths(ref)] })),
  ];
  const [values, folder, templateFolder, pool] = await Promise.all([
    readMixed(vc.session, requests, { signal }),
    vmFolder(vc, center, placement.folder, signal),
    template.folder === placement.folder ? undefined : vmFolder(vc, center, template.folder, signal),
    placement.resourcePool === undefined ? undefined : resourcePool(vc, center.path, image, signal),
  ]);
  const datastore = emptiest(candidates, values);
  const drs = values.get(refText(compute.ref))?.['configuration.drsConfig.enabled'] === true;
  const needsHost = compute.ref.type === 'ClusterComputeResource' && !drs;
  const reach = [datastore, ...networks].map(({ ref, name }) => ({ name, hosts: hostsOf(values.get(refText(ref))) }));
  const backings = await Promise.all(
    networks.map((network) => backing(vc, network, values.get(refText(network.ref)), signal)),
  );
  return {
    datacenter: center.ref,
    datacenterPath: center.path,
    folder: folder.ref,
    folderPath: folder.path,
    templateFolder: (templateFolder ?? folder).ref,
    templateFolderPath: (templateFolder ?? folder).path,
    compute,
    pool: pool ?? compute.resourcePool,
    host: needsHost ? await usableHost(vc, compute, reach, signal) : undefined,
    datastore,
    networks: backings,
    networkRefs: networks.map((network) => network.ref),
    description: `${folder.path}, ${compute.name}, datastore ${datastore.name}, network ${networks.map((n) => n.name).join(', ')}`,
  };
}

type Center = Awaited<ReturnType<typeof openDatacenter>>;
type Values = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

async function vmFolder(vc: Vsphere, center: Center, path: string, signal: AbortSignal) {
  const full = [`${center.path}/vm`, ...path.split('/').filter((name) => name !== '')].join('/');
  if (full === `${center.path}/vm`) return { ref: center.vmFolder, path: full };
  const found = await findByPath(vc, full, { signal });
  if (found?.type === 'Folder') return { ref: { type: 'Folder', value: found.value } as const, path: full };
  throw new IngotError('vsphere.not-found', `expected a VM folder at ${full}, found ${found?.type ?? 'nothing'}`, {
    remedy: 'create the folder in vCenter, or correct placement.folder or template.folder',
  });
}

async function resourcePool(vc: Vsphere, datacenter: string, image: Image, signal: AbortSignal) {
  const { compute, resourcePool: pool = '' } = image.placement;
  const path = `${datacenter}/host/${compute}/Resources/${pool}`;
  const found = await findByPath(vc, path, { signal });
  if (found?.type === 'ResourcePool') return { type: 'ResourcePool', value: found.value } as const;
  throw new IngotError('vsphere.not-found', `expected a resource pool at ${path}, found ${found?.type ?? 'nothing'}`, {
    remedy: 'correct placement.resourcePool: its path below the root pool of the cluster',
  });
}

/** The one datastore that is named, or those of the datastore cluster. */
async function datastores(
  vc: Vsphere,
  image: Image,
  center: Center,
  signal: AbortSignal,
): Promise<DatastoreLocation[]> {
  const { datastore, datastoreCluster } = image.placement;
  if (datastore !== undefined) return [center.datastore(datastore)];
  const pod = center.storagePod(datastoreCluster ?? '');
  const { childEntity = [] } = await vc.read(pod, ['childEntity'], { signal });
  const members = await vc.properties(
    childEntity
      .filter((child) => child.type === 'Datastore')
      .map(({ value }) => ({ type: 'Datastore' as const, value })),
    ['name'],
    { signal },
  );
  return members.map(({ name }) => center.datastore(`${datastoreCluster}/${name}`));
}

function emptiest(candidates: readonly DatastoreLocation[], values: Values): Placement['datastore'] {
  const usable = candidates
    .map((datastore) => ({ datastore, seen: values.get(refText(datastore.ref)) }))
    .filter(({ seen }) => seen?.['summary.accessible'] === true)
    .map(({ datastore, seen }) => ({ ...datastore, freeSpace: Number(seen?.['summary.freeSpace']) }))
    .sort((a, b) => b.freeSpace - a.freeSpace);
  const [best] = usable;
  if (best !== undefined) return best;
  throw new IngotError(
    'datastore.inaccessible',
    `expected an accessible datastore, found ${candidates.map((d) => d.name).join(', ') || 'none'} inaccessible`,
    {
      remedy: 'look at the datastore in vCenter, or name another in placement',
    },
  );
}

function networkPaths({ type }: NetworkRef): readonly string[] {
  if (type === 'DistributedVirtualPortgroup') return ['key', 'config.distributedVirtualSwitch'];
  return type === 'OpaqueNetwork' ? ['summary'] : [];
}

/** The hosts that a datastore (mounts, of which some may have lost it) or a network is there for. */
function hostsOf(seen: Readonly<Record<string, unknown>> | undefined): ReadonlySet<string> {
  const list: readonly unknown[] = Array.isArray(seen?.host) ? seen.host : [];
  const refs = list.flatMap((item) => {
    if (isRef(item)) return [item];
    if (typeof item !== 'object' || item === null) return [];
    const { key, mountInfo }: { key?: unknown; mountInfo?: { accessible?: boolean } | undefined } = item;
    return isRef(key) && mountInfo?.accessible !== false ? [key] : [];
  });
  return new Set(refs.map(refText));
}

/** Where vCenter does not choose the host: one that runs and has the datastore and all the networks. */
async function usableHost(
  vc: Vsphere,
  compute: Compute,
  reach: readonly { readonly name: string; readonly hosts: ReadonlySet<string> }[],
  signal: AbortSignal,
) {
  const hosts = await vc.properties(compute.hosts, ['runtime.connectionState', 'runtime.inMaintenanceMode'], {
    signal,
  });
  const host = compute.hosts.find((ref, index) => {
    const { [index]: state } = hosts;
    const runs = state?.['runtime.connectionState'] === 'connected' && !state['runtime.inMaintenanceMode'];
    // An empty list tells nothing: not every vCenter fills it in.
    return runs && reach.every(({ hosts: having }) => having.size === 0 || having.has(refText(ref)));
  });
  if (host !== undefined) return host;
  throw new IngotError(
    'vsphere.no-host',
    `expected a connected host in ${compute.name}, which has no DRS, with ${reach.map(({ name }) => name).join(', ')}; found none`,
    {
      remedy: 'connect a host, leave maintenance mode, or name a datastore and a network that one host has',
    },
  );
}

async function backing(
  vc: Vsphere,
  network: Network,
  values: Readonly<Record<string, unknown>> | undefined,
  signal: AbortSignal,
): Promise<AnyVirtualDeviceBackingInfo> {
  const { ref, name } = network;
  if (ref.type === 'DistributedVirtualPortgroup') {
    const dvs = values?.['config.distributedVirtualSwitch'];
    if (!isRef(dvs)) throw new IngotError('vsphere.answer', `expected the switch of port group ${name}, found none`);
    const { uuid } = await vc.read({ type: 'DistributedVirtualSwitch', value: dvs.value }, ['uuid'], { signal });
    const port = { switchUuid: uuid, portgroupKey: String(values?.key) };
    return { $type: 'VirtualEthernetCardDistributedVirtualPortBackingInfo', port };
  }
  const summary = values?.summary;
  if (ref.type === 'OpaqueNetwork' && typeof summary === 'object' && summary !== null) {
    const { opaqueNetworkId, opaqueNetworkType } = { opaqueNetworkId: '', opaqueNetworkType: '', ...summary };
    return { $type: 'VirtualEthernetCardOpaqueNetworkBackingInfo', opaqueNetworkId, opaqueNetworkType };
  }
  return { $type: 'VirtualEthernetCardNetworkBackingInfo', deviceName: name, network: ref };
}
