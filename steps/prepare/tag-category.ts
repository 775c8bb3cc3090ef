import { IngotError } from '../../common/failure.ts';
import { shellWord } from '../../common/shell.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import {
  type Cardinality,
  createCategory,
  createTag,
  findCategory,
  listTags,
  type Tag,
  type TagCategory,
  updateCategory,
} from '../../vsphere/tags.ts';
import type { Preparation, PrepareContext } from './preparation.ts';

/** A tag category as it should be. */
export interface CategoryWanted {
  readonly part: Preparation['part'];
  readonly name: string;
  readonly description: string;
  /** The managed types that its tags are attached to. */
  readonly types: readonly string[];
  /** Tags an object: with `SINGLE`, more would be a contradiction; with `MULTIPLE`, some object needs more than one. */
  readonly cardinality: Cardinality;
  /** What it is for, as `explain` says it. */
  readonly why: string;
}

/** A category with its tags as they are, if it is there. */
export interface CategoryFound extends TagCategory {
  readonly tags: readonly Tag[];
}

/** The category of a name with its tags; `categories` are all that vCenter has. */
export async function foundCategory(
  { vc, signal }: PrepareContext,
  categories: readonly TagCategory[],
  name: string,
): Promise<CategoryFound | undefined> {
  const category = categories.find((each) => each.name === name);
  return category && { ...category, tags: await listTags(vc, category.id, { signal }) };
}

/**
 * What to do about a tag category. One that is there keeps what it has: types are only added, and cardinality only goes
 * from one tag to several, which is all that vCenter can (vSphere Automation API, Category UpdateSpec).
 */
export function categoryPreparations(
  { vc }: PrepareContext,
  wanted: CategoryWanted,
  found: TagCategory | undefined,
): readonly Preparation[] {
  const { part, name, description, types, cardinality, why } = wanted;
  const common = { part, object: `tag category ${name}`, what: 'tag category', explain: why } as const;
  const full = `for ${types.join(', ')}; ${perObject(cardinality)}`;
  if (found === undefined) {
    const category = { name, description, cardinality, associableTypes: types };
    const change = async (signal: AbortSignal) => void (await createCategory(vc, category, { signal }));
    return [{ ...common, state: 'missing', found: 'not there', wanted: full, change }];
  }
  const lacking = lackingTypes(found, types);
  const widened = cardinality === 'MULTIPLE' && found.cardinality === 'SINGLE';
  const has = `for ${found.associableTypes.map(plainType).join(', ') || 'all types'}; ${perObject(found.cardinality)}`;
  const update = {
    ...(lacking.length > 0 && { associableTypes: [...found.associableTypes, ...lacking] }),
    ...(widened && { cardinality }),
  };
  const row: Preparation =
    lacking.length === 0 && !widened
      ? { ...common, state: 'right', found: has, wanted: has }
      : {
          ...common,
          state: 'wrong',
          found: has,
          wanted: [
            ...(lacking.length > 0 ? [`also for ${lacking.join(', ')}`] : []),
            ...(widened ? [perObject(cardinality)] : []),
          ].join('; '),
          change: (signal) => updateCategory(vc, found.id, update, { signal }),
        };
  return cardinality === 'SINGLE' && found.cardinality === 'MULTIPLE' ? [row, tooMany(wanted)] : [row];
}

/** A tag of a category, made in it if it is not there. */
export function tagPreparation(
  { vc }: PrepareContext,
  { part, name: category }: CategoryWanted,
  found: CategoryFound | undefined,
  tag: { readonly name: string; readonly description: string; readonly explain: string },
): Preparation {
  const there = found?.tags.some(({ name }) => name === tag.name) === true;
  const common = { part, object: `tag category ${category}`, what: `tag ${tag.name}`, explain: tag.explain };
  if (there) return { ...common, state: 'right', found: 'there', wanted: 'there' };
  return {
    ...common,
    state: 'missing',
    found: 'not there',
    wanted: 'there',
    change: async (signal) => {
      const { id } = await requireCategory(vc, category, signal);
      await createTag(vc, { name: tag.name, description: tag.description, categoryId: id }, { signal });
    },
  };
}

/** The tag of a category that is there by now; throws `prepare.no-category`, `prepare.no-tag`. */
export async function requireTag(vc: Vsphere, category: string, name: string, signal: AbortSignal): Promise<Tag> {
  const { id } = await requireCategory(vc, category, signal);
  const tag = (await listTags(vc, id, { signal })).find((each) => each.name === name);
  if (tag !== undefined) return tag;
  throw new IngotError('prepare.no-tag', `expected the tag ${name} in the category ${category}, found none`, {
    remedy: 'It could not be made: see there.',
  });
}

async function requireCategory(vc: Vsphere, name: string, signal: AbortSignal): Promise<TagCategory> {
  const category = await findCategory(vc, name, { signal });
  if (category !== undefined) return category;
  throw new IngotError('prepare.no-category', `expected the tag category ${name}, found none`, {
    remedy: 'It could not be made: see there.',
  });
}

/** Types that a category does not let in; one without types lets all in. */
function lackingTypes({ associableTypes }: TagCategory, wanted: readonly string[]): readonly string[] {
  if (associableTypes.length === 0) return [];
  const has = associableTypes.map(plainType);
  return wanted.filter((type) => !has.includes(type));
}

/** `urn:vim25:Datacenter`, as some versions have it, is `Datacenter`. */
function plainType(type: string): string {
  return type.slice(type.lastIndexOf(':') + 1);
}

function perObject(cardinality: Cardinality): string {
  return cardinality === 'SINGLE' ? 'one tag per object' : 'several tags per object';
}

function tooMany({ part, name }: CategoryWanted): Preparation {
  return {
    part,
    object: `tag category ${name}`,
    what: 'tags per object',
    state: 'manual',
    found: perObject('MULTIPLE'),
    wanted: perObject('SINGLE'),
    explain:
      'Nothing keeps an object from a second tag of it, and clusters fail on two. vCenter turns one into several, never ' +
      'back; the tags work as long as each object has one.',
    steps: [
      `Leave it as it is, and let no object have two tags of ${name}; or, while nothing uses them:`,
      `delete it with its tags: govc tags.category.rm -f ${shellWord(name)}`,
      'then run this command again, which makes it anew',
    ],
  };
}
