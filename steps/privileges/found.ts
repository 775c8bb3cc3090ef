import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import { vmsNamed } from '../../vsphere/all-vms.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { findFolder } from '../../vsphere/folder.ts';
import { type Datacenter, openDatacenter } from '../../vsphere/inventory.ts';
import { findByPath, inventoryPath } from '../../vsphere/inventory-path.ts';
import type { Ref } from '../../vsphere/values.ts';
import { isRef, ref, refText } from '../../vsphere/values.ts';
import type { ManagedEntityType } from '../../vsphere/vim25.gen.ts';
import { datastores } from '../vcenter/datastores.ts';
import { libraryFolders, mediaDatastoreNames } from './media-names.ts';
import type { ObjectKind } from './objects.ts';
import { type ObjectPaths, pathsOf } from './paths.ts';

/** An object of an image, as vCenter has it; `ref` is undefined for one that is not there yet. */
export interface FoundObject {
  readonly kind: ObjectKind;
  /** Inventory path; of what is not there the one that the image file gives it. */
  readonly path: string;
  readonly ref: Ref<ManagedEntityType> | undefined;
}

export interface FoundObjects {
  readonly objects: readonly FoundObject[];
  /** Whether the datastore has plain folders at its root; undefined where it is not there. */
  readonly topLevelDirectories: boolean | undefined;
}

/**
 * Looks up what an image needs rights on. Whether a build could work there is not asked: the one who gives the rights may
 * come before the folders are made.
 *
 * @throws IngotError `vsphere.not-found` without the datacenter, `vsphere.ambiguous`
 */
export async function findObjects(vc: Vsphere, image: Image, signal: AbortSignal): Promise<FoundObjects> {
  const { placement, template, hardware, smokeTest } = image;
  const center = await openDatacenter(vc, placement.datacenter, { signal });
  const named = pathsOf(image);
  const network = (name: string) => () => center.network(name).ref;
  const nics = [...new Set(hardware.nics.map((nic) => nic.network))];
  const stores = await orNothing(() => datastores(vc, image, center, signal));
  const wanted: readonly Wanted[] = [
    { kind: 'vcenter', find: () => vc.content.rootFolder },
    { kind: 'datacenter', find: () => center.ref },
    { kind: 'folder', find: () => findFolder(vc, center, placement.folder, { signal }) },
    { kind: 'template-folder', find: () => findFolder(vc, center, template.folder, { signal }) },
    ...libraryFolders(image).map((folder, index) => ({
      ...{ kind: 'library-folder' as const, index },
      find: () => findFolder(vc, center, folder, { signal }),
    })),
    { kind: 'compute', find: () => center.compute(placement.compute).ref },
    { kind: 'pool', find: () => poolOf(image, center) },
    ...(stores === undefined
      ? [{ kind: 'datastore' as const, find: () => undefined }]
      : stores.map((store) => ({ kind: 'datastore' as const, find: () => store.ref }))),
    ...(placement.datastoreCluster === undefined
      ? []
      : [{ kind: 'datastore-cluster' as const, find: () => center.storagePod(placement.datastoreCluster ?? '') }]),
    ...mediaDatastoreNames(image).map((name, index) => ({
      ...{ kind: 'media-datastore' as const, index },
      find: () => center.datastore(name).ref,
    })),
    ...nics.map((name, index) => ({ kind: 'network' as const, index, find: network(name) })),
    ...(named.source ?? []).map((path) => ({ kind: 'source' as const, find: () => sourceAt(vc, image, path, signal) })),
    ...(smokeTest.network === undefined ? [] : [{ kind: 'smoke-network' as const, find: network(smokeTest.network) }]),
  ];
  const found = await Promise.all(wanted.map((each) => look(vc, each, named, signal)));
  const switches = await switchesOf(vc, found, signal);
  return { objects: [...found, ...switches], topLevelDirectories: stores?.[0]?.topLevelDirectories };
}

/** The paths by kind. */
export function pathsIn(objects: readonly FoundObject[]): ObjectPaths {
  const byKind = Map.groupBy(objects, ({ kind }) => kind);
  return Object.fromEntries([...byKind].map(([kind, all]) => [kind, [...new Set(all.map(({ path }) => path))]]));
}

interface Wanted {
  readonly kind: ObjectKind;
  /** Of several of a kind which. */
  readonly index?: number;
  find(): Ref<ManagedEntityType> | undefined | Promise<Ref<ManagedEntityType> | undefined>;
}

async function look(
  vc: Vsphere,
  { kind, index = 0, find }: Wanted,
  named: ObjectPaths,
  signal: AbortSignal,
): Promise<FoundObject> {
  const found = await orNothing(find);
  const path = found === undefined ? named[kind]?.[index] : await inventoryPath(vc, found, { signal });
  return { kind, path: path ?? '', ref: found };
}

/** undefined for what is not there. */
async function orNothing<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof IngotError && error.code === 'vsphere.not-found') return undefined;
    throw error;
  }
}

function poolOf({ placement }: Image, center: Datacenter): Ref<ManagedEntityType> {
  const { compute, resourcePool } = placement;
  if (resourcePool === undefined) return center.compute(compute).resourcePool;
  return center.resourcePool(`${compute}/Resources/${resourcePool}`);
}

/** By its path, or by a name that is unique. */
async function sourceAt(
  vc: Vsphere,
  { source }: Image,
  path: string,
  signal: AbortSignal,
): Promise<Ref<ManagedEntityType> | undefined> {
  const found = await findByPath(vc, path, { signal });
  if (found !== undefined || source === undefined || !('path' in source)) return found;
  const [only, ...more] = await vmsNamed(vc, source.path, { signal });
  return only === undefined || more.length > 0 ? undefined : only.vm;
}

/** The switches of distributed port groups: a NIC's backing has their UUID. */
async function switchesOf(
  vc: Vsphere,
  found: readonly FoundObject[],
  signal: AbortSignal,
): Promise<readonly FoundObject[]> {
  const groups = found.flatMap(({ ref: group }) =>
    group?.type === 'DistributedVirtualPortgroup' ? [ref('DistributedVirtualPortgroup', group.value)] : [],
  );
  const values = await vc.properties(groups, ['config.distributedVirtualSwitch'], { signal });
  const refs = values.flatMap(({ 'config.distributedVirtualSwitch': dvs }) =>
    isRef(dvs) ? [ref('DistributedVirtualSwitch', dvs.value)] : [],
  );
  const each = [...new Map(refs.map((dvs) => [refText(dvs), dvs])).values()];
  return Promise.all(
    each.map(async (dvs) => ({ kind: 'switch' as const, path: await inventoryPath(vc, dvs, { signal }), ref: dvs })),
  );
}
