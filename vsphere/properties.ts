import { IngotError } from '../common/failure.ts';
import { faultError } from './fault.ts';
import type { Session } from './session.ts';
import type { Ref } from './values.ts';
import { refText } from './values.ts';
import type { ObjectContent, Properties, PropertyFilterSpec } from './vim25.gen.ts';
import { isA } from './wire.ts';

/** A managed type whose properties can be read. */
export type ManagedType = keyof Properties;
/** The property paths in use of a managed type; more are added in scripts-dev/generate-vim25.slice.json. */
export type PathOf<T extends ManagedType> = keyof Properties[T] & string;
/** The properties read of an object. What vCenter left out (optional and unset) is absent. */
export type Read<T extends ManagedType, P extends PathOf<T>> = { readonly [K in P]: Properties[T][K] };

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What to read of one object, for `readMixed`. */
export interface ReadRequest {
  readonly object: Ref;
  readonly paths: readonly string[];
}

/**
 * Reads properties of several objects of one type in one call (paged if the server wants it), in the order asked.
 * Throws VsphereFault: ManagedObjectNotFound if an object is gone, NoPermission if a property may not be read.
 */
export async function properties<T extends ManagedType, P extends PathOf<T>>(
  session: Session,
  objects: readonly Ref<T>[],
  paths: readonly P[],
  options: ReadOptions = {},
): Promise<Read<T, P>[]> {
  if (objects.length === 0) return [];
  const found = await readMixed(
    session,
    objects.map((object) => ({ object, paths })),
    options,
  );
  return objects.map((object) => {
    const values = found.get(refText(object));
    if (values === undefined) throw gone(object);
    // The paths are keys of Properties[T], generated from the same facts as the decoder's tables.
    return values as Read<T, P>;
  });
}

/** The properties of objects of any types, in one call, by `refText` of the object; objects that are gone are absent. */
export async function readMixed(
  session: Session,
  requests: readonly ReadRequest[],
  options: ReadOptions = {},
): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const specSet: PropertyFilterSpec[] = [];
  for (const [type, list] of Map.groupBy(requests, ({ object, paths }) => `${object.type} ${paths.join(' ')}`)) {
    specSet.push({
      propSet: [{ type: type.split(' ', 1)[0] ?? '', all: false, pathSet: list[0]?.paths ?? [] }],
      objectSet: list.map(({ object }) => ({ obj: object, skip: false })),
      reportMissingObjectsInResults: true,
    });
  }
  const contents = await retrieve(session, specSet, options);
  const found = new Map<string, Record<string, unknown>>();
  for (const content of contents) {
    checkMissing(content);
    const values = found.get(refText(content.obj)) ?? {};
    for (const { name, val } of content.propSet ?? []) values[name] = val;
    found.set(refText(content.obj), values);
  }
  return found;
}

/** RetrievePropertiesEx with all its pages. */
export async function retrieve(
  session: Session,
  specSet: readonly PropertyFilterSpec[],
  options: ReadOptions = {},
): Promise<ObjectContent[]> {
  const collector = session.content.propertyCollector;
  const contents: ObjectContent[] = [];
  let page = await session.call('RetrievePropertiesEx', collector, { specSet, options: {} }, options);
  for (;;) {
    contents.push(...(page?.objects ?? []));
    if (page?.token === undefined) return contents;
    page = await session.call('ContinueRetrievePropertiesEx', collector, { token: page.token }, options);
  }
}

/** A property that is missing for a reason (not merely unset) is an error, but for an object that is half made. */
function checkMissing({ obj, missingSet }: ObjectContent): void {
  for (const { path, fault } of missingSet ?? []) {
    if (!isA(fault.type, 'ManagedObjectNotFound')) throw faultError(`reading ${path} of ${refText(obj)}`, fault);
  }
}

function gone(object: Ref): IngotError {
  return new IngotError('vsphere.gone', `${refText(object)} does not exist any more`, {
    remedy: 'Somebody deleted it meanwhile; run the build again.',
  });
}
