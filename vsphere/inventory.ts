import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import type { Entity } from './inventory-path.ts';
import { findByPath, pathsBelow, samePath, traversal } from './inventory-path.ts';
import { nearest, sameName, splitPath, unescapeName } from './names.ts';
import type { ReadOptions } from './properties.ts';
import { retrieve } from './properties.ts';
import type { Ref } from './values.ts';
import { isRef } from './values.ts';
import type { ManagedEntityType, ObjectContent, ObjectSpec } from './vim25.gen.ts';

export type ComputeRef = Ref<'ComputeResource' | 'ClusterComputeResource'>;
export type NetworkRef = Ref<'Network' | 'DistributedVirtualPortgroup' | 'OpaqueNetwork'>;

/** A cluster or a stand-alone host. */
export interface Compute {
  readonly ref: ComputeRef;
  readonly name: string;
  /** Its root resource pool. */
  readonly resourcePool: Ref<'ResourcePool' | 'VirtualApp'>;
  readonly environmentBrowser: Ref<'EnvironmentBrowser'> | undefined;
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
}

export interface Network {
  readonly ref: NetworkRef;
  readonly name: string;
}

/** What of a datacenter is looked up by path: read in one request, asked without another. Each throws `vsphere.not-found` with the nearest names, or `vsphere.ambiguous` with the candidates. */
export interface Datacenter {
  readonly ref: Ref<'Datacenter'>;
  /** Its inventory path: `/DC0`. */
  readonly path: string;
  readonly vmFolder: Ref<'Folder'>;
  /** A cluster or stand-alone host, by its path below the host folder or, where that is unique, by its name alone. */
  compute(path: string): Compute;
  datastore(path: string): DatastoreLocation;
  /** A datastore cluster. */
  storagePod(path: string): Ref<'StoragePod'>;
  /** A standard network, distributed port group or opaque network. */
  network(path: string): Network;
}

type Branch = 'host' | 'datastore' | 'network';

/** The datacenter at a path, `DC0` or `Folder/DC0`, with the names of its computes, datastores and networks: two requests. */
export async function openDatacenter(vc: Vsphere, path: string, options: ReadOptions = {}): Promise<Datacenter> {
  const found = await findByPath(vc, path, options);
  if (found?.type !== 'Datacenter') throw await missingDatacenter(vc, path, options);
  const datacenter: Ref<'Datacenter'> = { type: 'Datacenter', value: found.value };
  const contents = await retrieve(vc.session, [{ propSet: PROPERTIES, objectSet: [treeOf(datacenter)] }], options);
  const own = contents.find(({ obj }) => obj.type === 'Datacenter');
  const folderOf = (branch: string): Ref<'Folder'> => {
    const folder = own?.propSet?.find(({ name }) => name === `${branch}Folder`)?.val;
    if (!isRef(folder))
      throw new IngotError('vsphere.answer', `expected the ${branch} folder of datacenter ${path}, found none`);
    return { type: 'Folder', value: folder.value };
  };
  const entities = contents.map(entityOf);
  const full = `/${splitPath(path).join('/')}`;
  const pick = (branch: Branch, kind: string, types: readonly string[], wanted: string): Entity =>
    pickOne({
      kind,
      wanted: wanted.startsWith(`${full}/${branch}/`) ? wanted.slice(`${full}/${branch}/`.length) : wanted,
      where: `${full}/${branch}`,
      candidates: pathsBelow(folderOf(branch), entities).filter(({ entity }) => types.includes(entity.ref.type)),
    });
  return {
    ref: datacenter,
    path: full,
    vmFolder: folderOf('vm'),
    compute: (wanted) =>
      computeOf(pick('host', 'cluster or host', ['ComputeResource', 'ClusterComputeResource'], wanted)),
    datastore: (wanted) => {
      const { ref, name, values } = pick('datastore', 'datastore', ['Datastore'], wanted);
      if (!isRef(values.browser))
        throw new IngotError('vsphere.answer', `expected a browser of datastore ${name}, found none`);
      return {
        ref: { type: 'Datastore', value: ref.value },
        name,
        browser: { type: 'HostDatastoreBrowser', value: values.browser.value },
        datacenter,
        datacenterPath: full.slice(1),
      };
    },
    storagePod: (wanted) => ({
      type: 'StoragePod',
      value: pick('datastore', 'datastore cluster', ['StoragePod'], wanted).ref.value,
    }),
    network: (wanted) => {
      const { ref, name } = pick('network', 'network', NETWORKS, wanted);
      return { ref: { type: networkType(ref.type), value: ref.value }, name };
    },
  };
}

const NETWORKS = ['Network', 'DistributedVirtualPortgroup', 'OpaqueNetwork'];

function networkType(type: string): NetworkRef['type'] {
  return type === 'DistributedVirtualPortgroup' || type === 'OpaqueNetwork' ? type : 'Network';
}

const PROPERTIES = [
  { type: 'Datacenter', pathSet: ['name', 'parent', 'vmFolder', 'hostFolder', 'datastoreFolder', 'networkFolder'] },
  // StoragePod is a Folder.
  { type: 'Folder', pathSet: ['name', 'parent'] },
  { type: 'ComputeResource', pathSet: ['name', 'parent', 'resourcePool', 'environmentBrowser', 'host'] },
  { type: 'Datastore', pathSet: ['name', 'parent', 'browser'] },
  { type: 'Network', pathSet: ['name', 'parent'] },
];

/** The host, datastore and network folders of a datacenter with all below; not its VMs, which may be thousands. */
function treeOf(datacenter: Ref<'Datacenter'>): ObjectSpec {
  return {
    obj: datacenter,
    skip: false,
    selectSet: [
      traversal('hosts', 'Datacenter', 'hostFolder', ['children']),
      traversal('datastores', 'Datacenter', 'datastoreFolder', ['children']),
      traversal('networks', 'Datacenter', 'networkFolder', ['children']),
      traversal('children', 'Folder', 'childEntity', ['children']),
    ],
  };
}

export function entityOf({ obj, propSet }: ObjectContent): Entity {
  const values = Object.fromEntries((propSet ?? []).map(({ name, val }) => [name, val]));
  return { ref: obj, name: String(values.name), parent: isRef(values.parent) ? values.parent : undefined, values };
}

function computeOf({ ref, name, values }: Entity): Compute {
  const { resourcePool, environmentBrowser, host } = values;
  if (!isRef(resourcePool)) {
    throw new IngotError('vsphere.answer', `expected a resource pool of ${name}, found none`, {
      remedy: 'Check that the account may see it.',
    });
  }
  const hosts: unknown[] = Array.isArray(host) ? host : [];
  return {
    ref: { type: ref.type === 'ClusterComputeResource' ? ref.type : 'ComputeResource', value: ref.value },
    name,
    resourcePool: { type: 'ResourcePool', value: resourcePool.value },
    environmentBrowser: isRef(environmentBrowser)
      ? { type: 'EnvironmentBrowser', value: environmentBrowser.value }
      : undefined,
    hosts: hosts.filter(isRef).map(({ value }) => ({ type: 'HostSystem', value })),
  };
}

/** The one entity that a path or a unique name means. */
export function pickOne(search: {
  readonly kind: string;
  readonly wanted: string;
  readonly where: string;
  readonly candidates: readonly { readonly path: string; readonly entity: Entity }[];
}): Entity {
  const { kind, wanted, where, candidates } = search;
  const names = splitPath(wanted);
  let matches = candidates.filter(({ path }) => samePath(path, wanted));
  if (matches.length === 0 && names.length === 1)
    matches = candidates.filter(({ entity }) => sameName(entity.name, names[0] ?? ''));
  const [only] = matches;
  if (only && matches.length === 1) return only.entity;
  if (only) {
    throw new IngotError(
      'vsphere.ambiguous',
      `expected one ${kind} "${wanted}" below ${where}, found ${matches.length}`,
      {
        evidence: matches.map(({ path, entity }) => `${where}/${path} (${entity.ref.type}:${entity.ref.value})`),
        remedy: `Give the path below ${where} instead of the name; a path that is taken twice needs one of them renamed.`,
      },
    );
  }
  throw notFound(
    kind,
    wanted,
    where,
    candidates.map(({ path }) => path),
  );
}

/** Nothing there: what there is that reads alike. */
export function notFound(kind: string, wanted: string, where: string, paths: readonly string[]): IngotError {
  const near = nearest(
    wanted,
    paths.map((path) => splitPath(path).map(unescapeName).join('/')),
  );
  return new IngotError('vsphere.not-found', `expected a ${kind} "${wanted}" below ${where}, found none`, {
    evidence: near.length > 0 ? [`there is: ${near.join(', ')}`] : [`there is no ${kind} that this account can see`],
    remedy: 'Correct the name in the image file, or give the account the right to see it.',
  });
}

async function missingDatacenter(vc: Vsphere, path: string, options: ReadOptions): Promise<IngotError> {
  const { rootFolder } = vc.content;
  const contents = await retrieve(
    vc.session,
    [
      {
        propSet: [
          { type: 'Folder', pathSet: ['name', 'parent'] },
          { type: 'Datacenter', pathSet: ['name', 'parent'] },
        ],
        objectSet: [
          { obj: rootFolder, skip: false, selectSet: [traversal('children', 'Folder', 'childEntity', ['children'])] },
        ],
      },
    ],
    options,
  );
  const paths = pathsBelow(rootFolder, contents.map(entityOf)).filter(({ entity }) => entity.ref.type === 'Datacenter');
  return notFound(
    'datacenter',
    path,
    '/',
    paths.map((item) => item.path),
  );
}

export type EntityRef = Ref<ManagedEntityType>;
