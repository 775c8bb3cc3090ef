import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { objectOf } from './rest-errors.ts';
import { all, one, resource, strings, text } from './tags-rest.ts';

/** How many tags of a category an object can have: one, or any number. */
export type Cardinality = 'SINGLE' | 'MULTIPLE';

export interface TagCategory {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly cardinality: Cardinality;
  /** Managed types that its tags can be attached to, as vCenter has them and in its order; empty: all. */
  readonly associableTypes: readonly string[];
}

export interface Tag {
  readonly id: string;
  /** Unique in its category. */
  readonly name: string;
  readonly description: string;
  readonly categoryId: string;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

// The reference of the vSphere Automation API, “Cis Tagging”.
const CATEGORY = resource('/cis/tagging/category');
const TAG = resource('/cis/tagging/tag');

/**
 * All tag categories that the account may see; names are unique, and whether their case counts no documentation says. One
 * request each, and one for the list: vCenter has no other way.
 */
export async function listCategories(vc: Vsphere, options: Options = {}): Promise<readonly TagCategory[]> {
  const rest = await vc.rest();
  const ids = strings(await rest.call('GET', CATEGORY, options));
  return each(ids, async (id) => categoryOf(await rest.call('GET', one(CATEGORY, id), options)));
}

/**
 * Creates a category; returns its id. Needs InventoryService.Tagging.CreateCategory on the root of vCenter.
 *
 * @throws IngotError `rest.already-exists`, `rest.unauthorized`
 */
export async function createCategory(
  vc: Vsphere,
  category: Omit<TagCategory, 'id'>,
  options: Options = {},
): Promise<string> {
  const { name, description, cardinality, associableTypes } = category;
  const body = { name, description, cardinality, associable_types: associableTypes };
  const rest = await vc.rest();
  return id(await rest.call('POST', CATEGORY, { ...options, body, parameter: 'create_spec' }), 'category');
}

/**
 * Changes a category as far as vCenter lets: types can only be added, behind those that it has and in their order;
 * cardinality can only go from SINGLE to MULTIPLE. Needs InventoryService.Tagging.EditCategory.
 */
export async function updateCategory(
  vc: Vsphere,
  categoryId: string,
  change: Partial<Omit<TagCategory, 'id'>>,
  options: Options = {},
): Promise<void> {
  const { associableTypes, ...rest } = change;
  const body = { ...rest, ...(associableTypes && { associable_types: associableTypes }) };
  const sent = { ...options, body, parameter: 'update_spec', repeatable: true };
  await (await vc.rest()).call('PATCH', one(CATEGORY, categoryId), sent);
}

/** All tags of a category that the account may see. */
export async function listTags(vc: Vsphere, categoryId: string, options: Options = {}): Promise<readonly Tag[]> {
  const rest = await vc.rest();
  const { api } = all(TAG, 'list-tags-for-category');
  const address = { api, rest: one(TAG, categoryId, 'list-tags-for-category').rest };
  const sent = { ...options, apiBody: { category_id: categoryId }, repeatable: true };
  const ids = strings(await rest.call('POST', address, sent));
  return each(ids, async (tag) => tagOf(await rest.call('GET', one(TAG, tag), options)));
}

/** Creates a tag; returns its id. Needs InventoryService.Tagging.CreateTag on the category. */
export async function createTag(vc: Vsphere, tag: Omit<Tag, 'id'>, options: Options = {}): Promise<string> {
  const { name, description, categoryId } = tag;
  const body = { name, description, category_id: categoryId };
  return id(await (await vc.rest()).call('POST', TAG, { ...options, body, parameter: 'create_spec' }), 'tag');
}

function categoryOf(value: unknown): TagCategory {
  const { id: categoryId, name, description, cardinality, associable_types: types } = objectOf(value);
  return {
    id: text(categoryId),
    name: text(name),
    description: text(description),
    cardinality: cardinality === 'MULTIPLE' ? 'MULTIPLE' : 'SINGLE',
    associableTypes: strings(types),
  };
}

function tagOf(value: unknown): Tag {
  const { id: tagId, name, description, category_id: categoryId } = objectOf(value);
  return { id: text(tagId), name: text(name), description: text(description), categoryId: text(categoryId) };
}

function id(value: unknown, kind: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new IngotError('vsphere.answer', `expected the id of the new ${kind} from vCenter, found none`);
}

// As many as the connection has sockets.
const AT_ONCE = 8;

/** Reads each; what somebody deleted since it was listed is left out. */
async function each<T>(ids: readonly string[], read: (id: string) => Promise<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const results = await Promise.allSettled(ids.slice(from, from + AT_ONCE).map(read));
    for (const result of results) {
      if (result.status === 'fulfilled') found.push(result.value);
      else if (!isGone(result.reason)) throw result.reason;
    }
  }
  return found;
}

function isGone(error: unknown): boolean {
  return error instanceof IngotError && error.code === 'rest.not-found';
}
