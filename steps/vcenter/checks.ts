import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { queryConfigOption } from '../../vsphere/environment.ts';
import { isFault } from '../../vsphere/fault.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { missingPrivileges } from '../../vsphere/privileges.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import type { ManagedEntityType } from '../../vsphere/vim25.gen.ts';
import type { Needed } from '../privileges/compute.ts';
import { objectKinds } from '../privileges/objects.ts';
import type { PlacedObjects } from '../privileges/placed.ts';
import type { Placement } from './placement.ts';

/** The first of these guest OS ids that the compute knows for the hardware version. */
export async function guestIdOf(
  vc: Vsphere,
  { compute, host }: Placement,
  ids: readonly string[],
  version: number,
  signal: AbortSignal,
): Promise<string> {
  const key = `vmx-${version}`;
  const option =
    compute.environmentBrowser && (await queryConfigOption(vc, compute.environmentBrowser, { key, host }, { signal }));
  if (option === undefined) {
    throw new IngotError('vm.hardware-version', `expected ${compute.name} to support ${key}, found that it does not`, {
      remedy: 'lower hardware.version (OpenShift needs 15 or more), or use newer hosts',
    });
  }
  const offered = new Set(option.guestOSDescriptor?.map((descriptor) => descriptor.id));
  const id = ids.find((candidate) => offered.has(candidate));
  if (id !== undefined) return id;
  throw new IngotError(
    'vm.guest-id',
    `expected ${compute.name} to know one of ${ids.join(', ')} for ${key}, found none`,
    {
      remedy: 'raise hardware.version, or set hardware.guestId to one that these hosts know',
    },
  );
}

/** @throws IngotError `vsphere.privileges` with every right that is missing, the inventory path of its object, and for what */
export async function checkPrivileges(
  vc: Vsphere,
  objects: PlacedObjects,
  username: string,
  needed: readonly Needed[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = Map.groupBy(
    needed.flatMap((need) => (objects[need.on] ?? []).map((entity) => ({ entity, need }))),
    ({ entity }) => refText(entity),
  );
  const missing = await missingPrivileges(
    vc,
    [...wanted.values()].flatMap((all) =>
      all
        .slice(0, 1)
        .map(({ entity }) => ({ entity, privileges: [...new Set(all.map(({ need }) => need.privilege))] })),
    ),
    { signal },
  );
  if (missing.length === 0) return;
  const entities = new Map(missing.map(({ entity }) => [refText(entity), entity]));
  const paths = new Map(
    await Promise.all([...entities].map(async ([key, entity]) => [key, await pathOf(vc, entity, signal)] as const)),
  );
  throw new IngotError(
    'vsphere.privileges',
    `expected ${username} to have all rights of a build, found ${missing.length} missing`,
    {
      evidence: missing.map(({ entity, privilege }) => {
        const asking = (wanted.get(refText(entity)) ?? []).filter(({ need }) => need.privilege === privilege);
        return `${privilege} on ${paths.get(refText(entity))} ${forWhat(asking.map(({ need }) => need))}`;
      }),
      remedy:
        'give the account a role with these privileges on these objects: ingot privileges prints the role and the permissions as govc commands',
    },
  );
}

/** `(VM folder of the master; create-vm: CreateVM_Task)`: what the object is, and who asks first. */
function forWhat(needs: readonly Needed[]): string {
  const kinds = needs.map(({ on }) => objectKinds[on]).join(' and ');
  const [reason] = needs.flatMap(({ why }) => why);
  return `(${kinds}; ${reason?.step}: ${reason?.call})`;
}

/** Its inventory path; what the account may not read has none that it could be told. */
async function pathOf(vc: Vsphere, entity: Ref<ManagedEntityType>, signal: AbortSignal): Promise<string> {
  try {
    return await inventoryPath(vc, entity, { signal });
  } catch (error) {
    if (!isFault(error, 'NoPermission')) throw error;
    return `${entity.type} ${entity.value}`;
  }
}
