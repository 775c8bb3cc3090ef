import type { Vsphere } from './connect.ts';
import { objectOf } from './rest-errors.ts';
import { all, list, one, resource, strings, text } from './tags-rest.ts';
import type { Ref } from './values.ts';
import { ref, refText } from './values.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

const ASSOCIATION = resource('/cis/tagging/tag-association');

/**
 * Attaches a tag to an object; one that it has already stays. Needs InventoryService.Tagging.AttachTag on the tag and
 * on the object. vCenter refuses an object of a type that the category does not name, and a second tag of a SINGLE
 * category; vcsim refuses neither.
 */
export async function attachTag(vc: Vsphere, tagId: string, object: Ref, options: Options = {}): Promise<void> {
  const body = { object_id: objectId(object) };
  await (await vc.rest()).call('POST', one(ASSOCIATION, tagId, 'attach'), { ...options, body, repeatable: true });
}

/** Ids of the tags attached to each object itself (none comes from above), by `refText` of the object; one request. */
export async function attachedTags(
  vc: Vsphere,
  objects: readonly Ref[],
  options: Options = {},
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>(objects.map((object) => [refText(object), []]));
  if (objects.length === 0) return found;
  const body = { object_ids: objects.map(objectId) };
  const address = all(ASSOCIATION, 'list-attached-tags-on-objects');
  const answer = await (await vc.rest()).call('POST', address, { ...options, body, repeatable: true });
  for (const entry of list(answer)) {
    const { object_id: object, tag_ids: tags } = objectOf(entry);
    found.set(refText(refOf(object)), strings(tags));
  }
  return found;
}

/** The objects that each tag is attached to, of those that the account may see, by id of the tag; one request. */
export async function attachedObjects(
  vc: Vsphere,
  tagIds: readonly string[],
  options: Options = {},
): Promise<ReadonlyMap<string, readonly Ref[]>> {
  const found = new Map<string, readonly Ref[]>(tagIds.map((tag) => [tag, []]));
  if (tagIds.length === 0) return found;
  const address = all(ASSOCIATION, 'list-attached-objects-on-tags');
  const sent = { ...options, body: { tag_ids: tagIds }, repeatable: true };
  for (const entry of list(await (await vc.rest()).call('POST', address, sent))) {
    const { tag_id: tag, object_ids: objects } = objectOf(entry);
    found.set(text(tag), list(objects).map(refOf));
  }
  return found;
}

function objectId({ type, value }: Ref) {
  return { type, id: value };
}

function refOf(value: unknown): Ref {
  const { type, id: object } = objectOf(value);
  return ref(text(type), text(object));
}
