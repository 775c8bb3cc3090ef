import { IngotError } from '../../common/failure.ts';
import { shellWord } from '../../common/shell.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { findRole, permissionsOn, roleNames, samePrincipal, setPermission, systemRoles } from '../../vsphere/roles.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { ManagedEntityType, Permission } from '../../vsphere/vim25.gen.ts';
import type { Grant } from '../privileges/grants.ts';
import { objectKinds } from '../privileges/objects.ts';
import type { Preparation, PrepareContext } from './preparation.ts';
import type { WantedRole } from './role.ts';

/**
 * Whether the principal has the role on an object, and how it gets it. Those of others are not looked at.
 *
 * A permission of a user's own goes before those of its groups, and one below before those from above (vSphere Security,
 * “Hierarchical Inheritance of Permissions”). Who may set permissions here without one that shows has that right by a
 * group or globally, and would lose it: so ingot never sets one for the account that it runs as.
 */
export async function findPermission(context: PrepareContext, wanted: WantedRole, grant: Grant): Promise<Preparation> {
  const found = await lookAt(context, wanted, grant);
  const { username } = context.image.vcenter;
  if (found.change === undefined || wanted.group || !samePrincipal(wanted.principal, username)) return found;
  const { change: _, ...rest } = found;
  const why = `${username} runs this: a permission of its own would take the place of what it has here by a group or globally. Run this as another account; or, if that is meant:`;
  return { ...rest, state: 'manual', steps: [why, command(wanted, grant)] };
}

/** As it is typed. */
function command({ name, principal, group }: WantedRole, { role, object, propagate }: Grant): string {
  const whose = `-principal ${shellWord(principal)}${group ? ' -group' : ''}`;
  const which = `-role ${shellWord(role === 'own' ? name : role)}`;
  return `govc permissions.set ${whose} ${which} -propagate=${propagate} ${shellWord(object)}`;
}

async function lookAt({ vc, signal }: PrepareContext, wanted: WantedRole, grant: Grant): Promise<Preparation> {
  const { object, propagate, note } = grant;
  const { principal, group } = wanted;
  const name = grant.role === 'own' ? wanted.name : grant.role;
  const words = (role: string, below: boolean) => `${role}, ${below ? 'with all below it' : 'on itself only'}`;
  const common = {
    part: 'role' as const,
    object,
    what: `permission of ${principal}`,
    wanted: words(name, propagate),
    explain: [`It is the ${grant.for.map((kind) => objectKinds[kind]).join(', ')}.`, ...(note ? [note] : [])].join(' '),
  };
  const change = (until: AbortSignal) => give(vc, grant, wanted, until);
  const entity = await entityAt(vc, object, signal);
  if (entity === undefined) return { ...common, state: 'missing', found: 'the object is not there yet', change };
  const [own, all, roles] = await Promise.all([
    permissionsOn(vc, entity, false, { signal }),
    permissionsOn(vc, entity, true, { signal }),
    roleNames(vc, { signal }),
  ]);
  const isTheirs = (permission: Permission) =>
    permission.group === group && samePrincipal(permission.principal, principal);
  const direct = own.find(isTheirs);
  const roleOf = ({ roleId }: Permission) => roles.get(roleId) ?? `role ${roleId}`;
  const replace = [
    `${principal} has ${direct === undefined ? 'another role from above' : 'another role here'}, which this would replace. If that is meant:`,
    command(wanted, grant),
  ];
  if (direct !== undefined) {
    const found = words(roleOf(direct), direct.propagate);
    if (direct.roleId === systemRoles.admin) return { ...common, state: 'right', found };
    if (roleOf(direct) !== name) return { ...common, state: 'manual', found, steps: replace };
    // What reaches further than it has to is somebody's decision.
    if (direct.propagate || !propagate) return { ...common, state: 'right', found };
    return { ...common, state: 'wrong', found, change };
  }
  const above = all.find((permission) => permission.propagate && isTheirs(permission));
  if (above === undefined) return { ...common, state: 'missing', found: 'none', change };
  const found = `${roleOf(above)}, from above`;
  if (roleOf(above) === name || above.roleId === systemRoles.admin) return { ...common, state: 'right', found };
  if (above.roleId === systemRoles.readOnly) return { ...common, state: 'missing', found, change };
  // Reading is part of every role but vCenter's weakest.
  if (grant.role === 'ReadOnly' && above.roleId >= 0) return { ...common, state: 'right', found };
  return { ...common, state: 'manual', found, steps: replace };
}

async function give(
  vc: Vsphere,
  { object, role, propagate }: Grant,
  { name, principal, group }: WantedRole,
  signal: AbortSignal,
): Promise<void> {
  const [entity, found] = await Promise.all([
    entityAt(vc, object, signal),
    findRole(vc, role === 'own' ? name : role, { signal }),
  ]);
  if (entity === undefined || found === undefined) {
    const missing = entity === undefined ? object : `role ${name}`;
    throw new IngotError('prepare.missing', `expected ${missing} to be there by now, found that it is not`, {
      remedy: 'see what failed before it, mend that, and run this again',
    });
  }
  await setPermission(vc, entity, { principal, group, roleId: found.roleId, propagate }, { signal });
}

async function entityAt(vc: Vsphere, path: string, signal: AbortSignal): Promise<Ref<ManagedEntityType> | undefined> {
  return path === '/' ? vc.content.rootFolder : findByPath(vc, path, { signal });
}
