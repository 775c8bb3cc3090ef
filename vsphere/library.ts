import { IngotError } from '../common/failure.ts';
import { notFound } from './inventory-pick.ts';
import type { Rest, RestAddress } from './rest.ts';
import { objectOf } from './rest-errors.ts';

export interface LibraryOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Library {
  readonly id: string;
  readonly name: string;
  /** `LOCAL`, or `SUBSCRIBED`: what is in that comes from another library, and nobody else can put anything into it. */
  readonly type: string;
  /** MoRef values of the datastores that it is on; none for a file share. */
  readonly datastores: readonly string[];
}

export interface LibraryItem {
  readonly id: string;
  readonly name: string;
  /** `ovf`, `vm-template`, `iso`, … */
  readonly type: string;
  readonly description: string;
  /** Goes up with each change of the content; '' where the server does not say. */
  readonly contentVersion: string;
}

export const LIBRARY: RestAddress = { api: '/content/library', rest: '/com/vmware/content/library' };
export const ITEM: RestAddress = { api: '/content/library/item', rest: '/com/vmware/content/library/item' };

/**
 * The one library of a name.
 *
 * @throws IngotError `vsphere.not-found` with the nearest names, `vsphere.ambiguous`: names of libraries need not be
 *   unique
 */
export async function findLibrary(rest: Rest, name: string, options: LibraryOptions = {}): Promise<Library> {
  const ids = await librariesNamed(rest, name, options);
  const [id] = ids;
  if (id === undefined) throw noLibrary(name, []);
  if (ids.length > 1) {
    throw new IngotError('vsphere.ambiguous', `expected one content library ${name}, found ${ids.length}`, {
      evidence: ids,
      remedy: 'Rename one of the libraries.',
    });
  }
  const read = objectOf(await rest.call('GET', addressOf(LIBRARY, id), options));
  const backings = Array.isArray(read.storage_backings) ? read.storage_backings : [];
  return {
    id,
    name: textOf(read.name),
    type: textOf(read.type),
    datastores: backings.map((backing) => textOf(objectOf(backing).datastore_id)).filter((value) => value !== ''),
  };
}

/** Ids of the libraries of a name, one at least. @throws IngotError `vsphere.not-found` with the nearest names */
export async function librariesNamed(rest: Rest, name: string, options: LibraryOptions): Promise<readonly string[]> {
  const ids = await findIds(rest, LIBRARY, { name }, options);
  if (ids.length > 0) return ids;
  const known = strings(await rest.call('GET', LIBRARY, options));
  throw noLibrary(name, await namesOf(rest, LIBRARY, known, options));
}

function noLibrary(name: string, known: readonly string[]): IngotError {
  return notFound('content library', name, 'vCenter', known);
}

/** The item of a name in a library; undefined if there is none. */
export async function findItem(
  rest: Rest,
  library: string,
  name: string,
  options: LibraryOptions = {},
): Promise<LibraryItem | undefined> {
  const [id] = await findIds(rest, ITEM, { library_id: library, name }, options);
  return id === undefined ? undefined : readItem(rest, id, options);
}

/** All items of a library; one that goes meanwhile is left out. */
export async function listItems(rest: Rest, library: string, options: LibraryOptions = {}): Promise<LibraryItem[]> {
  const items: LibraryItem[] = [];
  const ids = strings(await rest.call('GET', itemsOf(library), options));
  // A few at a time: there is no call that reads several.
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE).map((id) => readItem(rest, id, options).catch(ignoreGone));
    items.push(...(await Promise.all(some)).filter((item) => item !== undefined));
  }
  return items;
}

const AT_ONCE = 6;

export async function readItem(rest: Rest, id: string, options: LibraryOptions = {}): Promise<LibraryItem> {
  const read = objectOf(await rest.call('GET', addressOf(ITEM, id), options));
  return {
    id,
    name: textOf(read.name),
    type: textOf(read.type),
    description: textOf(read.description),
    contentVersion: textOf(read.content_version),
  };
}

/** Changes name or description; vCenter renames the template behind a VM template item with it. */
export async function updateItem(
  rest: Rest,
  id: string,
  change: { readonly name?: string; readonly description?: string },
  options: LibraryOptions = {},
): Promise<void> {
  const parameter = 'update_spec';
  // The same change twice is the same.
  await rest.call('PATCH', addressOf(ITEM, id), { ...options, body: change, parameter, repeatable: true });
}

/** Deletes an item with its files, or with the template in the inventory; one that is gone is no failure. */
export async function deleteItem(rest: Rest, id: string, options: LibraryOptions = {}): Promise<void> {
  await rest.call('DELETE', addressOf(ITEM, id), { ...options, repeatable: true }).catch(ignoreGone);
}

/** Begins to copy an item inside its library; vCenter copies the files behind the answer. Returns the copy's id. */
export async function copyItem(
  rest: Rest,
  { id, library }: { readonly id: string; readonly library: string },
  to: { readonly name: string; readonly description: string; readonly type: string },
  clientToken: string,
  options: LibraryOptions = {},
): Promise<string> {
  const body = { library_id: library, ...to };
  const answer = await rest.call('POST', addressOf(ITEM, id, 'copy'), {
    ...options,
    body,
    parameter: 'destination_create_spec',
    clientToken,
  });
  if (typeof answer === 'string') return answer;
  throw new IngotError('vsphere.answer', 'expected the id of the copied library item, found none');
}

/** Names and bytes of an item's files, in order; only those that are on disk. */
export async function itemFiles(rest: Rest, id: string, options: LibraryOptions = {}): Promise<readonly string[]> {
  const encoded = encodeURIComponent(id);
  const address = {
    api: `${ITEM.api}/${encoded}/file`,
    rest: `${ITEM.rest}/file?library_item_id=${encoded}`,
  };
  const files = await rest.call('GET', address, options);
  return (Array.isArray(files) ? files : [])
    .map(objectOf)
    .filter(({ cached }) => cached !== false)
    .map(({ name, size }) => `${textOf(name)} ${String(size)}`)
    .sort();
}

/** One library or item, with an action on it: `?action=copy` of `/api` is `?~action=copy` of `/rest`. */
export function addressOf(of: RestAddress, id: string, action?: string): RestAddress {
  const encoded = encodeURIComponent(id);
  const [api, rest] = action === undefined ? ['', ''] : [`?action=${action}`, `?~action=${action}`];
  return { api: `${of.api}/${encoded}${api}`, rest: `${of.rest}/id:${encoded}${rest}` };
}

export function itemsOf(library: string): RestAddress {
  const query = `?library_id=${encodeURIComponent(library)}`;
  return { api: ITEM.api + query, rest: ITEM.rest + query };
}

/** Ids of what a `find` of libraries or items gives. */
export async function findIds(
  rest: Rest,
  of: RestAddress,
  spec: object,
  options: LibraryOptions,
): Promise<readonly string[]> {
  const address = { api: `${of.api}?action=find`, rest: `${of.rest}?~action=find` };
  return strings(await rest.call('POST', address, { ...options, body: spec, parameter: 'spec', repeatable: true }));
}

/** The names to show when one was not found. */
export async function namesOf(
  rest: Rest,
  of: RestAddress,
  ids: readonly string[],
  options: LibraryOptions,
): Promise<readonly string[]> {
  const names: string[] = [];
  // One after another: a library may have hundreds of items, and this only makes an error friendlier.
  for (const id of ids.slice(0, MAX_NAMES)) {
    const { name } = objectOf(await rest.call('GET', addressOf(of, id), options));
    if (typeof name === 'string') names.push(name);
  }
  return names;
}

const MAX_NAMES = 100;

export function strings(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : []).filter((item): item is string => typeof item === 'string');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function ignoreGone(error: unknown): undefined {
  if (error instanceof IngotError && error.code === 'rest.not-found') return undefined;
  throw error;
}
