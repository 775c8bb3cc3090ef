import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { notFound } from '../../vsphere/inventory-pick.ts';
import { listCategories, listTags, type TagCategory } from '../../vsphere/tags.ts';
import { attachedTags, attachTag } from '../../vsphere/tags-attached.ts';
import { refText } from '../../vsphere/values.ts';
import type { PublishTarget } from './target.ts';

/** vSphere tags on the template. They must be there: which tags there are, and what they mean, is not ours to say. */
export function tagsTarget(image: Image): PublishTarget {
  const wanted = image.publish.tags;
  const names = wanted.map(({ category, name }) => `${category}/${name}`);
  return {
    field: 'publish.tags',
    what: `tags ${names.join(', ')}`,
    timeoutMs: image.timeouts.task,
    async check({ center, signal }) {
      await findTags(center.vc, wanted, signal);
    },
    async publish({ center, template, signal }) {
      const { vc } = center;
      const [ids, before] = await Promise.all([findTags(vc, wanted, signal), attachedTo()]);
      const missing = ids.filter((id) => !before.includes(id));
      for (const id of missing) await attachTag(vc, id, template.vm, { signal });
      const after = missing.length === 0 ? before : await attachedTo();
      const lost = names.filter((_, index) => !after.includes(ids[index] ?? ''));
      if (lost.length > 0) {
        throw new IngotError(
          'publish.read-back',
          `expected ${template.inventoryPath} to have its tags, found some missing`,
          {
            evidence: lost,
            remedy: 'somebody detached them at this moment: build again, only publishing runs',
          },
        );
      }
      return {
        where: `tags ${names.join(', ')}`,
        changed: missing.length > 0,
        proof: names.map((name) => `tag ${name} is attached`),
        facts: { kind: 'tags', tags: wanted.map(({ category, name }) => ({ category, name })) },
      };

      async function attachedTo(): Promise<readonly string[]> {
        return (await attachedTags(vc, [template.vm], { signal })).get(refText(template.vm)) ?? [];
      }
    },
  };
}

/** Ids of the tags, in their order. @throws IngotError `vsphere.not-found`, `publish.tag-type`; several at once */
async function findTags(
  vc: Vsphere,
  wanted: Image['publish']['tags'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const categories = await listCategories(vc, { signal });
  const problems = new Problems();
  const ids = await Promise.all(
    wanted.map(({ category: of, name }) =>
      problems.gather(async () => {
        const category = categories.find((one) => one.name === of);
        if (category === undefined)
          throw notFound(
            'tag category',
            of,
            'vCenter',
            categories.map((one) => one.name),
          );
        requireVms(category);
        const tags = await listTags(vc, category.id, { signal });
        const tag = tags.find((one) => one.name === name);
        if (tag === undefined)
          throw notFound(
            'tag',
            name,
            `the category ${of}`,
            tags.map((one) => one.name),
          );
        return tag.id;
      }),
    ),
  );
  problems.throwIfAny();
  return ids.filter((id) => id !== undefined);
}

function requireVms({ name, associableTypes }: TagCategory): void {
  if (associableTypes.length === 0 || associableTypes.includes('VirtualMachine')) return;
  throw new IngotError(
    'publish.tag-type',
    `expected the tags of the category ${name} to be for VMs, found them for ${associableTypes.join(', ')}`,
    { remedy: 'name another category, or add VirtualMachine to its types' },
  );
}
