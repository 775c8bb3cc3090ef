import type { Vsphere } from './connect.ts';
import { escapeName, sameName, splitPath, unescapeName } from './names.ts';
import { type ReadOptions, retrieve } from './properties.ts';
import type { Ref } from './values.ts';
import { isRef, refText } from './values.ts';
import type { ManagedEntityType, SelectionSpec, TraversalSpec } from './vim25.gen.ts';

/** An entity as listed: its name (escaped as vSphere keeps it) and what else was read. */
export interface Entity {
  readonly ref: Ref;
  readonly name: string;
  readonly parent: Ref | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A traversal that leads to what `next` names. */
export function traversal(
  name: string,
  type: string,
  path: string,
  next: readonly string[],
): { readonly $type: 'TraversalSpec' } & TraversalSpec {
  const selectSet = next.map((other): { readonly $type: 'SelectionSpec' } & SelectionSpec => ({
    $type: 'SelectionSpec',
    name: other,
  }));
  return { $type: 'TraversalSpec', name, type, path, skip: false, selectSet };
}

/**
 * The full inventory path of an entity, `/DC0/vm/folder/name`, in one request. Names stay escaped, so the path can be
 * given to `findByPath` and to other tools. The root folder is `/`.
 */
export async function inventoryPath(
  vc: Vsphere,
  entity: Ref<ManagedEntityType>,
  options: ReadOptions = {},
): Promise<string> {
  return (await lineage(vc, entity, options)).at(-1)?.path ?? '/';
}

/** An entity below all that it lies in, from the root folder down, each with its inventory path; one request. */
export async function lineage(
  vc: Vsphere,
  entity: Ref<ManagedEntityType>,
  options: ReadOptions = {},
): Promise<readonly { readonly ref: Ref; readonly path: string }[]> {
  const contents = await retrieve(
    vc.session,
    [
      {
        propSet: [{ type: 'ManagedEntity', pathSet: ['name', 'parent'] }],
        objectSet: [
          {
            obj: entity,
            skip: false,
            selectSet: [
              traversal('up', 'ManagedEntity', 'parent', ['up']),
              traversal('vapp', 'VirtualMachine', 'parentVApp', ['up']),
            ],
          },
        ],
      },
    ],
    options,
  );
  const byKey = new Map(contents.map((content) => [refText(content.obj), content.propSet ?? []]));
  const line: { readonly ref: Ref; readonly name: string | undefined }[] = [];
  for (let at: Ref | undefined = entity; at !== undefined; ) {
    const set: readonly { readonly name: string; readonly val: unknown }[] = byKey.get(refText(at)) ?? [];
    const name = set.find((property) => property.name === 'name')?.val;
    const parent = set.find((property) => property.name === 'parent')?.val;
    // The root folder has a name, but not in paths.
    line.unshift({ ref: at, name: isRef(parent) ? escapeName(unescapeName(String(name))) : undefined });
    at = isRef(parent) ? parent : undefined;
  }
  const names: string[] = [];
  return line.map(({ ref, name }) => {
    if (name !== undefined) names.push(name);
    return { ref, path: `/${names.join('/')}` };
  });
}

/** The entity at a full inventory path (`/DC0/vm/folder/name`, names escaped); undefined if there is none. */
export async function findByPath(
  vc: Vsphere,
  path: string,
  options: ReadOptions = {},
): Promise<Ref<ManagedEntityType> | undefined> {
  const { searchIndex } = vc.content;
  const names = splitPath(path);
  if (searchIndex === undefined || names.length === 0) return undefined;
  return vc.call('FindByInventoryPath', searchIndex, { inventoryPath: names.join('/') }, options);
}

/** Below some listed entities: each with its path from the root given. */
export function pathsBelow(
  root: Ref,
  entities: readonly Entity[],
): { readonly path: string; readonly entity: Entity }[] {
  const byKey = new Map(entities.map((entity) => [refText(entity.ref), entity]));
  return entities.flatMap((entity) => {
    const names: string[] = [];
    for (let at: Entity | undefined = entity; at !== undefined; at = at.parent && byKey.get(refText(at.parent))) {
      names.unshift(escapeName(unescapeName(at.name)));
      if (at.parent && refText(at.parent) === refText(root)) return [{ path: names.join('/'), entity }];
    }
    return [];
  });
}

/** Whether two paths name the same, however their names are escaped. */
export function samePath(a: string, b: string): boolean {
  const [left, right] = [splitPath(a), splitPath(b)];
  return left.length === right.length && left.every((name, i) => sameName(name, right[i] ?? ''));
}
