import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { attachTag } from '../../vsphere/tags-attached.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import { tagsOf } from './attach.ts';
import { isUnfound } from './failure-domains.ts';
import type { Preparation, PrepareContext } from './preparation.ts';
import { type CategoryState, tagId } from './tag-category.ts';

export type PolicyWanted = NonNullable<PrepareContext['image']['prepare']['storagePolicy']>;

export interface NamedDatastore {
  readonly ref: Ref<'Datastore'>;
  readonly path: string;
}

/** The datastores that a policy names, by themselves or by their cluster; what is not there is for a person to mend. */
export async function findDatastores(
  context: PrepareContext,
  { datastores, datastoreCluster }: PolicyWanted,
): Promise<{ readonly found: readonly NamedDatastore[]; readonly unfound: readonly Preparation[] }> {
  const found: NamedDatastore[] = [];
  const unfound: Preparation[] = [];
  const look = async (what: string, find: () => Promise<readonly NamedDatastore[]>) => {
    try {
      found.push(...(await find()));
    } catch (error) {
      if (!isUnfound(error)) throw error;
      const { code, message, evidence = [], remedy = 'Correct the name in the image file.' } = error;
      const is = code === 'vsphere.ambiguous' ? 'several' : 'not there';
      unfound.push(byHand(what, is, 'there', [message, ...evidence].join('; '), remedy));
    }
  };
  for (const name of datastores) await look(`datastore ${name}`, async () => [await oneDatastore(context, name)]);
  if (datastoreCluster !== undefined) {
    const before = found.length + unfound.length;
    const what = `datastore cluster ${datastoreCluster}`;
    await look(what, () => membersOf(context, datastoreCluster));
    if (found.length + unfound.length === before) {
      const why = 'No datastore could satisfy the policy: it looks at datastores, not at their cluster.';
      unfound.push(byHand(what, 'empty', 'with datastores', why, 'Move datastores into it, and run this again.'));
    }
  }
  return { found: [...new Map(found.map((each) => [refText(each.ref), each])).values()], unfound };
}

function byHand(what: string, found: string, wanted: string, explain: string, step: string): Preparation {
  const object = 'datastores of the policy';
  return { part: 'storage-policy', object, what, state: 'manual', found, wanted, explain, steps: [step] };
}

async function oneDatastore(context: PrepareContext, name: string): Promise<NamedDatastore> {
  const { ref } = (await datacenterOf(context, name)).datastore(name);
  return named(context, ref);
}

async function membersOf(context: PrepareContext, name: string): Promise<readonly NamedDatastore[]> {
  const pod = (await datacenterOf(context, name)).storagePod(name);
  const { childEntity = [] } = await context.vc.read(pod, ['childEntity'], { signal: context.signal });
  const members = childEntity.filter(({ type }) => type === 'Datastore');
  return Promise.all(members.map(({ value }) => named(context, { type: 'Datastore', value })));
}

async function named({ vc, signal }: PrepareContext, ref: Ref<'Datastore'>): Promise<NamedDatastore> {
  return { ref, path: await inventoryPath(vc, ref, { signal }) };
}

/** The datacenter of an inventory path, `/DC1/datastore/name`; of a name that of the image's placement. */
function datacenterOf({ datacenter, image }: PrepareContext, path: string) {
  const at = path.startsWith('/') ? path.indexOf('/datastore/') : -1;
  return datacenter(at > 0 ? path.slice(0, at) : image.placement.datacenter);
}

/** The tag of the policy at one of its datastores. */
export function datastorePreparation(
  { vc }: PrepareContext,
  { tag, tagCategory }: PolicyWanted,
  { ref, path }: NamedDatastore,
  category: CategoryState,
  attached: ReadonlyMap<string, readonly string[]>,
): Preparation {
  const common = {
    part: 'storage-policy',
    object: path,
    what: `tag ${tag} of ${tagCategory}`,
    wanted: 'attached',
    explain: 'Without it the datastore does not satisfy the policy.',
  } as const;
  const tags = tagsOf(category, attached, ref).map(({ name }) => name);
  if (tags.includes(tag)) return { ...common, state: 'right', found: 'attached' };
  return {
    ...common,
    state: 'missing',
    found: tags.length === 0 ? 'no tag of this category' : `only ${tags.join(', ')}`,
    change: async (signal) => attachTag(vc, tagId(category, tag), ref, { signal }),
  };
}
