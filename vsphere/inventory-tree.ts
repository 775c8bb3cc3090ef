import type { Vsphere } from './connect.ts';
import type { Entity } from './inventory-path.ts';
import { traversal } from './inventory-path.ts';
import type { ReadOptions } from './properties.ts';
import { retrieve } from './properties.ts';
import type { Ref } from './values.ts';
import { isRef } from './values.ts';
import type { ObjectContent, SelectionSpec, TraversalSpec } from './vim25.gen.ts';

type Traversal = { readonly $type: 'TraversalSpec' } & TraversalSpec;

const CHILDREN: Traversal = traversal('children', 'Folder', 'childEntity', ['children', 'hosts', 'pools']);

const TREE: readonly (Traversal | ({ readonly $type: 'SelectionSpec' } & SelectionSpec))[] = [
  traversal('host folder', 'Datacenter', 'hostFolder', ['children']),
  traversal('datastore folder', 'Datacenter', 'datastoreFolder', ['children']),
  traversal('network folder', 'Datacenter', 'networkFolder', ['children']),
  CHILDREN,
  traversal('hosts', 'ComputeResource', 'host', []),
  traversal('pools', 'ComputeResource', 'resourcePool', ['nested pools']),
  traversal('nested pools', 'ResourcePool', 'resourcePool', ['nested pools']),
];

const PROPERTIES = [
  { type: 'Datacenter', pathSet: ['name', 'parent', 'vmFolder', 'hostFolder', 'datastoreFolder', 'networkFolder'] },
  // StoragePod is a Folder.
  { type: 'Folder', pathSet: ['name', 'parent'] },
  { type: 'ComputeResource', pathSet: ['name', 'parent', 'resourcePool', 'environmentBrowser', 'host'] },
  { type: 'HostSystem', pathSet: ['name', 'parent'] },
  { type: 'ResourcePool', pathSet: ['name', 'parent'] },
  { type: 'Datastore', pathSet: ['name', 'parent', 'browser', 'capability.topLevelDirectoryCreateSupported'] },
  { type: 'Network', pathSet: ['name', 'parent'] },
];

/**
 * The host, datastore and network folders of a datacenter with all names below, in one request. Not its VMs, which may
 * be thousands.
 */
export async function readDatacenterTree(
  vc: Vsphere,
  datacenter: Ref<'Datacenter'>,
  options: ReadOptions,
): Promise<Entity[]> {
  const objectSet = [{ obj: datacenter, skip: false, selectSet: TREE }];
  return (await retrieve(vc.session, [{ propSet: PROPERTIES, objectSet }], options)).map(entityOf);
}

/** The root folder with all folders and datacenters below. */
export async function readDatacenters(vc: Vsphere, options: ReadOptions): Promise<Entity[]> {
  const selectSet = [traversal('children', 'Folder', 'childEntity', ['children'])];
  const objectSet = [{ obj: vc.content.rootFolder, skip: false, selectSet }];
  const propSet = ['Folder', 'Datacenter'].map((type) => ({ type, pathSet: ['name', 'parent'] }));
  return (await retrieve(vc.session, [{ propSet, objectSet }], options)).map(entityOf);
}

function entityOf({ obj, propSet }: ObjectContent): Entity {
  const values = Object.fromEntries((propSet ?? []).map(({ name, val }) => [name, val]));
  return { ref: obj, name: String(values.name), parent: isRef(values.parent) ? values.parent : undefined, values };
}
