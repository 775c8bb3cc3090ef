import { shellWord } from '../../common/shell.ts';
import type { Tag } from '../../vsphere/tags.ts';
import { attachTag } from '../../vsphere/tags-attached.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import type { Preparation, PrepareContext } from './preparation.ts';
import { type CategoryState, type CategoryWanted, tagId } from './tag-category.ts';
import { pathOf } from './tag-elsewhere.ts';
import type { Target } from './topology.ts';

/**
 * The tag of a region or zone at its object. Attached only where no other answer is: the CSI driver of vSphere refuses
 * nodes above whose host it finds two tags of one category (`duplicate values detected for category`), and vCenter
 * refuses a second one on the same object. What is in the way is shown and stays: somebody else may rely on it.
 *
 * @param attached ids of the tags on each object, by `refText`
 */
export async function attachPreparation(
  { vc, signal }: PrepareContext,
  { part, name: category }: CategoryWanted,
  found: CategoryState,
  { ref, path, tag, related }: Target,
  attached: ReadonlyMap<string, readonly string[]>,
): Promise<Preparation> {
  const here = tagsOf(found, attached, ref);
  const others = related.flatMap((object) => tagsOf(found, attached, object).map((each) => ({ object, tag: each })));
  const common = { part, object: path, what: `tag ${tag} of ${category}`, wanted: 'attached' } as const;
  const wrong = here.filter(({ name }) => name !== tag);
  if (wrong.length > 0 || others.length > 0) {
    const named = await Promise.all(
      others.map(async (other) => ({ at: await pathOf(vc, other.object, signal), tag: other.tag.name })),
    );
    const all = [...wrong.map(({ name }) => ({ at: path, tag: name })), ...named];
    return {
      ...common,
      state: 'manual',
      found: all.map((each) => `${each.tag} at ${each.at}`).join(', '),
      explain: `Each category may answer once on the way from the root to a host: two tags of ${category} contradict each other, and clusters fail on them.`,
      steps: [
        'Find out who relies on the other tag. If nobody does, detach it, and run this again:',
        ...all.map((each) => `govc tags.detach -c ${shellWord(category)} ${shellWord(each.tag)} ${shellWord(each.at)}`),
        'If it is right, correct the failure domain in the image file, or its categories in prepare.topologies.',
      ],
    };
  }
  if (here.length > 0) return { ...common, state: 'right', found: 'attached', explain: 'It is the only one.' };
  return {
    ...common,
    state: 'missing',
    found: 'no tag of this category',
    explain: 'Without it a cluster does not know where its nodes on these hosts run.',
    change: async (aborted) => attachTag(vc, tagId(found, tag), ref, { signal: aborted }),
  };
}

/** The tags of a category on an object. */
export function tagsOf(
  category: CategoryState,
  attached: ReadonlyMap<string, readonly string[]>,
  object: Ref,
): readonly Tag[] {
  const ids = attached.get(refText(object)) ?? [];
  return category.tags.filter(({ id }) => ids.includes(id));
}
