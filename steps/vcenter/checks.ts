import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { queryConfigOption } from '../../vsphere/environment.ts';
import type { NetworkRef } from '../../vsphere/inventory.ts';
import { missingPrivileges } from '../../vsphere/privileges.ts';
import type { Privileges } from '../support/privileges.ts';
import type { Placement } from './placement.ts';

/** What a build needs rights on. */
type Placed = Placement['folder' | 'pool' | 'datacenter'] | Placement['datastore']['ref'] | NetworkRef;

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

/** @throws IngotError `vsphere.privileges` with every right that is missing, and where */
export async function checkPrivileges(
  vc: Vsphere,
  { folder, templateFolder, pool, datastore, datacenter, networkRefs }: Placement,
  username: string,
  wanted: Privileges,
  signal: AbortSignal,
): Promise<void> {
  const missing = await missingPrivileges<Placed>(
    vc,
    [
      { entity: folder, privileges: wanted.folder },
      ...(templateFolder.value === folder.value ? [] : [{ entity: templateFolder, privileges: wanted.folder }]),
      { entity: pool, privileges: wanted.pool },
      { entity: datastore.ref, privileges: wanted.datastore },
      { entity: datacenter, privileges: wanted.datacenter },
      ...networkRefs.map((entity) => ({ entity, privileges: wanted.network })),
    ],
    { signal },
  );
  if (missing.length === 0) return;
  throw new IngotError(
    'vsphere.privileges',
    `expected ${username} to have all rights of a build, found ${missing.length} missing`,
    {
      evidence: missing.map(({ entity, privilege }) => `${privilege} on ${entity.type} ${entity.value}`),
      remedy: 'give the account a role with these privileges on these objects',
    },
  );
}
