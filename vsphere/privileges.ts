import type { Vsphere } from './connect.ts';
import { isFault } from './fault.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import { refText } from './values.ts';
import type { Methods } from './vim25.gen.ts';
import { methodOf } from './wire.ts';

export interface MissingPrivilege<E extends Ref = Ref> {
  readonly entity: E;
  readonly privilege: string;
}

/**
 * Which privileges the session lacks, of those wanted on each entity: one HasPrivilegeOnEntities for all. It wants
 * System.Read on each of them itself, so where it is refused they are asked about one by one; of one that the account may
 * not even read all is missing.
 */
export async function missingPrivileges<E extends Ref<EntityType>>(
  vc: Vsphere,
  wanted: readonly { readonly entity: E; readonly privileges: readonly string[] }[],
  options: ReadOptions = {},
): Promise<MissingPrivilege<E>[]> {
  const { authorizationManager } = vc.content;
  // ESXi without vCenter has one, too; a server without cannot refuse.
  if (authorizationManager === undefined || wanted.length === 0) return [];
  const privId = [...new Set(wanted.flatMap(({ privileges }) => privileges))];
  const entity = [...new Map(wanted.map((item) => [refText(item.entity), item.entity])).values()];
  const ask = (entities: readonly E[]) =>
    vc.call(
      'HasPrivilegeOnEntities',
      authorizationManager,
      { entity: entities, sessionId: vc.session.key, privId },
      options,
    );
  const found = await ask(entity).catch(async (error: unknown) => {
    if (!isRefused(error)) throw error;
    const each = entity.map(async (one) => {
      try {
        return await ask([one]);
      } catch (refused) {
        if (!isRefused(refused)) throw refused;
        return [];
      }
    });
    return (await Promise.all(each)).flat();
  });
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

/** NotAuthenticated derives from NoPermission. */
function isRefused(error: unknown): boolean {
  return isFault(error, 'NoPermission') && !isFault(error, 'NotAuthenticated');
}

type EntityType = Methods['HasPrivilegeOnEntities']['params']['entity'][number]['type'];

/** The privilege that a method's documentation names for the object it is called on; '' where it depends on arguments. */
export function privilegeOf(method: keyof Methods): string {
  return methodOf(method).privilege;
}
