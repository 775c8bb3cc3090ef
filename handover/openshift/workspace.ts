import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { findFolder } from '../../vsphere/folder.ts';
import type { Datacenter, Network, PoolRef } from '../../vsphere/inventory.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { escapeName, sameName, splitPath, unescapeName } from '../../vsphere/names.ts';
import { readMixed } from '../../vsphere/properties.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import { noWildcards } from './names.ts';

/** Where machines are to be, as the image file and the flags say. */
export interface WantedWorkspace {
  readonly datacenter: string;
  readonly compute: string;
  readonly resourcePool: string | undefined;
  readonly datastore: string;
  readonly folder: string;
  readonly network: string;
}

/** Where machines are to be, as vCenter has it; names escaped as there. */
export interface Workspace {
  /** The name of the datacenter, or its inventory path if it lies in a folder. */
  readonly datacenter: string;
  /** Inventory paths. */
  readonly folder: string;
  readonly resourcePool: string;
  /** The name, or the inventory path of one in a folder or datastore cluster: a bare name is looked for at the top only. */
  readonly datastore: string;
  readonly network: string;
  /** `Network`, `DistributedVirtualPortgroup` or `OpaqueNetwork`. */
  readonly networkType: string;
  /** The cluster or host that the resource pool belongs to. */
  readonly cluster: string;
}

/**
 * Looks all of it up. The Machine API takes a network by its name among those of the cluster that the resource pool
 * belongs to, and the other three by path (machine-api-operator, pkg/controller/vsphere/reconciler.go).
 *
 * @param center `wanted.datacenter`, opened
 * @throws IngotError `vsphere.not-found`, `vsphere.ambiguous`, `openshift.network-elsewhere`,
 *   `openshift.datastore-elsewhere`, `openshift.wildcard`; all at once
 */
export async function findWorkspace(
  vc: Vsphere,
  center: Datacenter,
  wanted: WantedWorkspace,
  signal: AbortSignal,
): Promise<Workspace> {
  const problems = new Problems();
  const [folder, pool, datastore, network] = await Promise.all([
    problems.gather(async () => noWildcards('VM folder', await folderPath(vc, center, wanted.folder, signal))),
    problems.gather(async () => {
      const found = await poolOf(vc, center, wanted, signal);
      noWildcards('resource pool', found.path);
      return found;
    }),
    problems.gather(async () => {
      const { ref, name } = center.datastore(wanted.datastore);
      const path = noWildcards('datastore', await inventoryPath(vc, ref, { signal }));
      return {
        ref,
        name,
        path,
        given: splitPath(path).length === splitPath(center.path).length + 2 ? asInPaths(name) : path,
      };
    }),
    problems.gather(() => center.network(wanted.network)),
  ]);
  if (pool !== undefined) {
    if (network !== undefined) {
      const clash = await networkProblem(vc, pool, network, signal);
      if (clash !== undefined) problems.add(clash);
    }
    if (datastore !== undefined && !includes(pool.datastores, datastore.ref))
      problems.add(
        new IngotError(
          'openshift.datastore-elsewhere',
          `expected the datastore ${datastore.path} at the hosts of ${pool.cluster}, found it elsewhere: machines in ${pool.path} could not use it`,
          { remedy: 'name a datastore of that cluster, or mount it there' },
        ),
      );
  }
  problems.throwIfAny();
  if (folder === undefined || pool === undefined || datastore === undefined || network === undefined)
    throw new Error('a look-up gave neither a result nor a problem');
  const names = splitPath(center.path);
  return {
    datacenter: names.length === 1 ? (names[0] ?? '') : center.path,
    folder,
    resourcePool: pool.path,
    datastore: datastore.given,
    network: asInPaths(network.name),
    networkType: network.ref.type,
    cluster: pool.cluster,
  };
}

interface Pool {
  readonly path: string;
  readonly cluster: string;
  readonly networks: readonly Ref[];
  readonly datastores: readonly Ref[];
}

async function poolOf(
  vc: Vsphere,
  center: Datacenter,
  { compute, resourcePool }: WantedWorkspace,
  signal: AbortSignal,
): Promise<Pool> {
  const options = { signal };
  let ref: PoolRef;
  if (resourcePool?.startsWith('/') === true) ref = center.resourcePool(resourcePool);
  else {
    const root = center.compute(compute).resourcePool;
    ref =
      resourcePool === undefined
        ? root
        : center.resourcePool(`${await inventoryPath(vc, root, options)}/${resourcePool}`);
  }
  const [path, { owner }] = await Promise.all([inventoryPath(vc, ref, options), vc.read(ref, ['owner'], options)]);
  const [cluster, { network = [], datastore = [] }] = await Promise.all([
    inventoryPath(vc, owner, options),
    vc.read(owner, ['network', 'datastore'], options),
  ]);
  return { path, cluster, networks: network, datastores: datastore };
}

/** The path of a VM folder that is given by its inventory path, or by its path below the datacenter's vm folder. */
async function folderPath(vc: Vsphere, center: Datacenter, wanted: string, signal: AbortSignal): Promise<string> {
  const root = `${center.path}/vm`;
  const below = wanted === root ? '' : wanted.startsWith(`${root}/`) ? wanted.slice(root.length + 1) : wanted;
  return inventoryPath(vc, await findFolder(vc, center, below, { signal }), { signal });
}

/** The Machine API takes the first network of that name in the cluster: it has to be there, and the only one. */
async function networkProblem(
  vc: Vsphere,
  { networks, cluster, path }: Pool,
  network: Network,
  signal: AbortSignal,
): Promise<IngotError | undefined> {
  if (!includes(networks, network.ref))
    return new IngotError(
      'openshift.network-elsewhere',
      `expected the network ${network.name} at the hosts of ${cluster}, found it elsewhere: the Machine API looks for it among those of the cluster of ${path}`,
      { remedy: 'name a network of that cluster, or make the port group there' },
    );
  const requests = networks.map((object) => ({ object, paths: ['name'] }));
  const found = await readMixed(vc.session, requests, { signal });
  const same = [...found.values()].filter(({ name }) => sameName(String(name), network.name)).length;
  if (same <= 1) return undefined;
  return new IngotError(
    'openshift.network-ambiguous',
    `expected one network ${network.name} at ${cluster}, found ${same}: the Machine API takes it by its name, whichever comes first`,
    { remedy: 'rename all but one' },
  );
}

/** A name as vCenter keeps it, and as paths have it. */
function asInPaths(name: string): string {
  return escapeName(unescapeName(name));
}

function includes(refs: readonly Ref[], wanted: Ref): boolean {
  return refs.some((ref) => refText(ref) === refText(wanted));
}
