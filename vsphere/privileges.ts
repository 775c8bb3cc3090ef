import type { Vsphere } from './connect.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import { refText } from './values.ts';
import type { Methods } from './vim25.gen.ts';
import { methodOf } from './wire.ts';

export interface MissingPrivilege {
  readonly entity: Ref;
  readonly privilege: string;
}

/**
 * Which privileges the session lacks, of those wanted on each entity. One HasPrivilegeOnEntities for all entities that
 * the same privileges are wanted on.
 */
export async function missingPrivileges<E extends Ref<EntityType>>(
  vc: Vsphere,
  wanted: readonly { readonly entity: E; readonly privileges: readonly string[] }[],
  options: ReadOptions = {},
): Promise<MissingPrivilege[]> {
  const { authorizationManager } = vc.content;
  // ESXi without vCenter has one, too; a server without cannot refuse.
  if (authorizationManager === undefined || wanted.length === 0) return [];
  const privId = [...new Set(wanted.flatMap(({ privileges }) => privileges))];
  const entity = [...new Map(wanted.map((item) => [refText(item.entity), item.entity])).values()];
  const found = await vc.call(
    'HasPrivilegeOnEntities',
    authorizationManager,
    { entity, sessionId: vc.session.key, privId },
    options,
  );
  const granted = new Set(
    found.flatMap((item) =>
      item.privAvailability
        .filter(({ isGranted }) => isGranted)
        .map(({ privId: id }) => `${refText(item.entity)} ${id}`),
    ),
  );
  return wanted.flatMap((item) =>
    item.privileges
      .filter((privilege) => !granted.has(`${refText(item.entity)} ${privilege}`))
      .map((privilege) => ({ entity: item.entity, privilege })),
  );
}

type EntityType = Methods['HasPrivilegeOnEntities']['params']['entity'][number]['type'];

/** The privilege that a method's documentation names for the object it is called on; '' where it depends on arguments. */
export function privilegeOf(method: keyof Methods): string {
  return methodOf(method).privilege;
}
