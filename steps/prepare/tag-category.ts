import { IngotError } from '../../common/failure.ts';
import { shellWord } from '../../common/shell.ts';
import {
  type Cardinality,
  createCategory,
  createTag,
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

/** A category with its tags: as they were found, and what is made of it while changes are made. */
export interface CategoryState {
  readonly found: TagCategory | undefined;
  readonly tags: readonly Tag[];
  /** Ids, also of what has just been made. */
  readonly ids: { category: string | undefined; readonly tags: Map<string, string> };
}

/** The category of a name with its tags; `categories` are all that vCenter has. */
export async function readCategory(
  { vc, signal }: PrepareContext,
  categories: readonly TagCategory[],
  name: string,
): Promise<CategoryState> {
  const found = categories.find((each) => each.name === name);
  const tags = found === undefined ? [] : await listTags(vc, found.id, { signal });
  return { found, tags, ids: { category: found?.id, tags: new Map(tags.map((tag) => [tag.name, tag.id])) } };
}

/**
 * What to do about a tag category. One that is there keeps what it has: types are only added, and cardinality only goes
 * from one tag to several, which is all that vCenter can (vSphere Automation API, Category UpdateSpec).
 */
export function categoryPreparations(
  { vc }: PrepareContext,
  wanted: CategoryWanted,
  { found, ids }: CategoryState,
): readonly Preparation[] {
  const { part, name, description, types, cardinality, why } = wanted;
  const common = { part, object: `tag category ${name}`, what: 'tag category', explain: why } as const;
  const full = `for ${types.join(', ')}; ${perObject(cardinality)}`;
  if (found === undefined) {
    const category = { name, description, cardinality, associableTypes: types };
    const change = async (signal: AbortSignal) => {
      ids.category = await createCategory(vc, category, { signal });
    };
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
  { ids }: CategoryState,
  tag: { readonly name: string; readonly description: string; readonly explain: string },
): Preparation {
  const common = { part, object: `tag category ${category}`, what: `tag ${tag.name}`, explain: tag.explain };
  if (ids.tags.has(tag.name)) return { ...common, state: 'right', found: 'there', wanted: 'there' };
  return {
    ...common,
    state: 'missing',
    found: 'not there',
    wanted: 'there',
    change: async (signal) => {
      const { name, description } = tag;
      const categoryId = madeId(ids.category, `tag category ${category}`);
      ids.tags.set(name, await createTag(vc, { name, description, categoryId }, { signal }));
    },
  };
}

/** The id of a tag that is there by now; throws `prepare.not-made`. */
export function tagId({ ids }: CategoryState, name: string): string {
  return madeId(ids.tags.get(name), `tag ${name}`);
}

function madeId(id: string | undefined, what: string): string {
  if (id !== undefined) return id;
  throw new IngotError('prepare.not-made', `expected the ${what}, found none: it could not be made`, {
    remedy: 'See there.',
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
