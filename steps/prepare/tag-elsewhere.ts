import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { attachedObjects } from '../../vsphere/tags-attached.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import type { PrepareContext } from './preparation.ts';
import type { CategoryState } from './tag-category.ts';

// Beyond that the sentence would be a list.
const MOST_NAMED = 5;

/** A sentence about the objects that have a tag besides those that an image file names; they are left as they are. */
export async function elsewhere(
  { vc, signal }: PrepareContext,
  category: CategoryState,
  name: string,
  targets: readonly { readonly ref: Ref; readonly tag: string }[],
): Promise<string | undefined> {
  const tag = category.tags.find((each) => each.name === name);
  if (tag === undefined) return undefined;
  const objects = (await attachedObjects(vc, [tag.id], { signal })).get(tag.id) ?? [];
  const own = new Set(targets.filter((target) => target.tag === name).map(({ ref }) => refText(ref)));
  const others = objects.filter((object) => !own.has(refText(object)));
  if (others.length === 0) return undefined;
  const names = await Promise.all(others.slice(0, MOST_NAMED).map((object) => pathOf(vc, object, signal)));
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  return `Also at ${names.join(', ')}${more}, which this file does not name; it stays there.`;
}

/** The inventory path of an object; of what is not in the inventory (a library) its id. */
export async function pathOf(vc: PrepareContext['vc'], { type, value }: Ref, signal: AbortSignal): Promise<string> {
  const known = ENTITIES.find((each) => each === type);
  return known === undefined ? refText({ type, value }) : inventoryPath(vc, { type: known, value }, { signal });
}

const ENTITIES = [
  'Folder',
  'Datacenter',
  'ComputeResource',
  'ClusterComputeResource',
  'HostSystem',
  'ResourcePool',
  'VirtualApp',
  'VirtualMachine',
  'Datastore',
  'StoragePod',
  'Network',
  'DistributedVirtualPortgroup',
  'DistributedVirtualSwitch',
] as const;
