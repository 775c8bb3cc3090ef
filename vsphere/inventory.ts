import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import type { Entity } from './inventory-path.ts';
import { findByPath, pathsBelow } from './inventory-path.ts';
import { notFound, pickOne } from './inventory-pick.ts';
import { readDatacenters, readDatacenterTree } from './inventory-tree.ts';
import { splitPath } from './names.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import { isRef, ref } from './values.ts';

export type ComputeRef = Ref<'ComputeResource' | 'ClusterComputeResource'>;
export type PoolRef = Ref<'ResourcePool' | 'VirtualApp'>;
export type NetworkRef = Ref<'Network' | 'DistributedVirtualPortgroup' | 'OpaqueNetwork'>;

/** A cluster or a stand-alone host. */
export interface Compute {
  readonly ref: ComputeRef;
  readonly name: string;
  /** Its root resource pool. */
  readonly resourcePool: PoolRef;
  readonly environmentBrowser: Ref<'EnvironmentBrowser'> | undefined;
  /** The host, where the path named one of a cluster. */
  readonly host: Ref<'HostSystem'> | undefined;
  readonly hosts: readonly Ref<'HostSystem'>[];
}

/** A datastore with what its files are reached by. */
export interface DatastoreLocation {
  readonly ref: Ref<'Datastore'>;
  readonly name: string;
  readonly browser: Ref<'HostDatastoreBrowser'>;
  readonly datacenter: Ref<'Datacenter'>;
  /** `Folder/DC`, as `/folder` wants it. */
  readonly datacenterPath: string;
  /** False on vSAN and vVols: use `makeTopDirectory` there. */
  readonly topLevelDirectories: boolean;
}

export interface Network {
  readonly ref: NetworkRef;
  readonly name: string;
}

/**
 * What of a datacenter is looked up, read once. Each look-up takes a path below the datacenter's folder of that kind
 * (`/` in a name written `%2f`), a full inventory path, or a name that is unique there. Each throws `vsphere.not-found`
 * with the nearest names, or `vsphere.ambiguous` with the candidates.
 */
export interface Datacenter {
  readonly ref: Ref<'Datacenter'>;
  /** Its inventory path: `/DC0`. */
  readonly path: string;
  readonly vmFolder: Ref<'Folder'>;
  /** A cluster, a stand-alone host, or a host of a cluster (`Cluster/host1`). */
  compute(path: string): Compute;
  /** A resource pool: `Cluster/Resources/pool`. */
  resourcePool(path: string): PoolRef;
  datastore(path: string): DatastoreLocation;
  /** A datastore cluster. */
  storagePod(path: string): Ref<'StoragePod'>;
  /** A standard network, distributed port group or opaque network. */
  network(path: string): Network;
}

/** The datacenter at a path, `DC0` or `Folder/DC0`, with all names it is asked for later: two requests. */
export async function openDatacenter(vc: Vsphere, path: string, options: ReadOptions = {}): Promise<Datacenter> {
  const found = await findByPath(vc, path, options);
  if (found?.type !== 'Datacenter') {
    const all = pathsBelow(vc.content.rootFolder, await readDatacenters(vc, options));
    const datacenters = all.filter(({ entity }) => entity.ref.type === 'Datacenter');
    throw notFound(
      'datacenter',
      path,
      '/',
      datacenters.map((item) => item.path),
    );
  }
  const datacenter = ref('Datacenter', found.value);
  const entities = await readDatacenterTree(vc, datacenter, options);
  const own = entities.find((entity) => entity.ref.type === 'Datacenter');
  const full = `/${splitPath(path).join('/')}`;
  const folder = (branch: string): Ref<'Folder'> => {
    const value = own?.values[`${branch}Folder`];
    if (isRef(value)) return ref('Folder', value.value);
    throw incomplete(`the ${branch} folder of datacenter ${path}`);
  };
  const pick = (branch: string, kind: string, types: readonly string[], wanted: string): Entity => {
    const candidates = pathsBelow(folder(branch), entities).filter(({ entity }) => types.includes(entity.ref.type));
    return pickOne({ kind, wanted, where: `${full}/${branch}`, candidates });
  };
  return {
    ref: datacenter,
    path: full,
    vmFolder: folder('vm'),
    compute: (wanted) => {
      const entity = pick('host', 'cluster or host', [...COMPUTES, 'HostSystem'], wanted);
      if (entity.ref.type !== 'HostSystem') return computeOf(entity);
      const above = entities.find((item) => item.ref.value === entity.parent?.value);
      if (above === undefined) throw incomplete(`the cluster of host ${wanted}`);
      return { ...computeOf(above), host: ref('HostSystem', entity.ref.value) };
    },
    resourcePool: (wanted) => {
      const { type, value } = pick('host', 'resource pool', ['ResourcePool', 'VirtualApp'], wanted).ref;
      return type === 'VirtualApp' ? ref(type, value) : ref('ResourcePool', value);
    },
    datastore: (wanted) => locationOf(pick('datastore', 'datastore', ['Datastore'], wanted), datacenter, full),
    storagePod: (wanted) => ref('StoragePod', pick('datastore', 'datastore cluster', ['StoragePod'], wanted).ref.value),
    network: (wanted) => {
      const entity = pick('network', 'network', ['Network', 'DistributedVirtualPortgroup', 'OpaqueNetwork'], wanted);
      return { ref: networkRef(entity.ref), name: entity.name };
    },
  };
}

const COMPUTES = ['ComputeResource', 'ClusterComputeResource'];

function networkRef({ type, value }: Ref): NetworkRef {
  return type === 'DistributedVirtualPortgroup' || type === 'OpaqueNetwork' ? ref(type, value) : ref('Network', value);
}

function locationOf(entity: Entity, datacenter: Ref<'Datacenter'>, path: string): DatastoreLocation {
  const { browser } = entity.values;
  if (!isRef(browser)) throw incomplete(`the browser of datastore ${entity.name}`);
  return {
    ref: ref('Datastore', entity.ref.value),
    name: entity.name,
    browser: ref('HostDatastoreBrowser', browser.value),
    datacenter,
    datacenterPath: path.slice(1),
    topLevelDirectories: entity.values['capability.topLevelDirectoryCreateSupported'] !== false,
  };
}

function computeOf(entity: Entity): Compute {
  const { resourcePool, environmentBrowser, host } = entity.values;
  if (!isRef(resourcePool)) throw incomplete(`the resource pool of ${entity.name}`);
  const hosts: readonly unknown[] = Array.isArray(host) ? host : [];
  const { type, value } = entity.ref;
  return {
    ref: type === 'ClusterComputeResource' ? ref(type, value) : ref('ComputeResource', value),
    name: entity.name,
    resourcePool: ref('ResourcePool', resourcePool.value),
    environmentBrowser: isRef(environmentBrowser) ? ref('EnvironmentBrowser', environmentBrowser.value) : undefined,
    host: undefined,
    hosts: hosts.filter(isRef).map((item) => ref('HostSystem', item.value)),
  };
}

function incomplete(what: string): IngotError {
  return new IngotError('vsphere.answer', `expected ${what} from vCenter, found none`, {
    remedy: 'Check that the account may see it.',
  });
}
