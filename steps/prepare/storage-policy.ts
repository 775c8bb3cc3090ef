import { listCategories } from '../../vsphere/tags.ts';
import { attachedTags } from '../../vsphere/tags-attached.ts';
import { tagsOf } from './attach.ts';
import { policyPreparation } from './policy.ts';
import { datastorePreparation, findDatastores } from './policy-datastores.ts';
import type { Preparation, PrepareContext } from './preparation.ts';
import { type CategoryWanted, categoryPreparations, readCategory, tagPreparation } from './tag-category.ts';
import { elsewhere } from './tag-elsewhere.ts';

/**
 * A VM storage policy for some datastores, or for those of a datastore cluster. A policy is satisfied by datastores, never
 * by their cluster, so each datastore gets the tag that the policy asks for; one that is added to the cluster gets it
 * when this runs again.
 */
export async function findStoragePolicyParts(context: PrepareContext): Promise<readonly Preparation[]> {
  const { vc, signal, image } = context;
  const policy = image.prepare.storagePolicy;
  if (policy === undefined) return [];
  const { found: datastores, unfound } = await findDatastores(context, policy);
  const refs = datastores.map(({ ref }) => ref);
  const [categories, attached] = await Promise.all([
    listCategories(vc, { signal }),
    attachedTags(vc, refs, { signal }),
  ]);
  const category = await readCategory(context, categories, policy.tagCategory);
  // A category of one tag an object has no room for the policy's beside another.
  const crowded = refs.some((ref) => tagsOf(category, attached, ref).some(({ name }) => name !== policy.tag));
  const wanted: CategoryWanted = {
    part: 'storage-policy',
    name: policy.tagCategory,
    description: 'Datastores of storage policies',
    types: ['Datastore'],
    cardinality: category.found === undefined || crowded ? 'MULTIPLE' : category.found.cardinality,
    why: crowded
      ? 'Datastores have another tag of this category, and keep it beside the one of the policy.'
      : 'The policy finds its datastores by a tag of it.',
  };
  const explain = `Datastores with it satisfy the storage policy ${policy.name}.`;
  const tag = tagPreparation(context, wanted, category, { name: policy.tag, description: '', explain });
  const named = refs.map((ref) => ({ ref, tag: policy.tag }));
  const note = await elsewhere(context, category, policy.tag, named);
  return [
    ...categoryPreparations(context, wanted, category),
    note === undefined ? tag : { ...tag, note },
    ...datastores.map((datastore) => datastorePreparation(context, policy, datastore, category, attached)),
    ...unfound,
    await policyPreparation(context, policy),
  ];
}
