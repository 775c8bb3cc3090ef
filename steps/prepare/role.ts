import { shellWord } from '../../common/shell.ts';
import type { Image } from '../../image/index.ts';
import {
  addRole,
  findRole,
  knownPrivileges,
  permissionsOfRole,
  samePrincipal,
  updateRole,
} from '../../vsphere/roles.ts';
import type { AuthorizationRole } from '../../vsphere/vim25.gen.ts';
import { planPrivileges } from '../privileges/plan.ts';
import { findPermission } from './permission.ts';
import type { FindPreparations, Preparation, PrepareContext } from './preparation.ts';

export type WantedRole = NonNullable<Image['prepare']['role']>;

/** The role of `prepare.role` with exactly the computed privileges, and its permissions on the objects of the image. */
export const findRoles: FindPreparations = async (context) => {
  const { vc, image, signal } = context;
  const { role } = image.prepare;
  if (role === undefined) return [];
  const [{ privileges, grants }, known] = await Promise.all([
    planPrivileges(image, { groups: role.for, vc, signal }),
    knownPrivileges(vc, { signal }),
  ]);
  const unknown = privileges.filter((privilege) => known?.has(privilege) === false);
  const wanted = privileges.filter((privilege) => !unknown.includes(privilege));
  const permissions = grants.map((grant) => findPermission(context, role, grant));
  return Promise.all([findPrivileges(context, role, wanted, unknown), ...permissions]);
};

async function findPrivileges(
  { vc, signal }: PrepareContext,
  role: WantedRole,
  wanted: readonly string[],
  unknown: readonly string[],
): Promise<Preparation> {
  const found = await findRole(vc, role.name, { signal });
  const older =
    unknown.length === 0
      ? ''
      : ` This vCenter does not know ${unknown.join(', ')}: left out, as it asks for none of them.`;
  const common = {
    part: 'role' as const,
    object: `role ${role.name}`,
    what: 'privileges',
    wanted: `${wanted.length} privileges for ${role.for.join(', ')}, as ingot privileges lists them`,
    explain: `Exactly what the calls of the image's steps ask for.${older}`,
  };
  if (found === undefined)
    return {
      ...common,
      state: 'missing',
      found: 'not there',
      change: (until) => addRole(vc, role.name, wanted, { signal: until }),
    };
  const { added, removed } = difference(found, wanted);
  if (added.length + removed.length === 0) return { ...common, state: 'right', found: `${wanted.length} privileges` };
  const steps = [
    'give the role in prepare.role a name of its own, or make the change yourself:',
    `govc role.update ${shellWord(role.name)} ${wanted.join(' ')}`,
  ];
  const differs = [
    ...(added.length === 0 ? [] : [`without ${added.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`beyond them ${removed.join(', ')}`]),
  ].join('; ');
  if (found.system) return { ...common, state: 'manual', found: `a role of vCenter's own, ${differs}`, steps };
  // Who else has the role would gain and lose privileges without being asked.
  const permissions = await permissionsOfRole(vc, found.roleId, { signal });
  const others = permissions.filter(
    ({ principal, group }) => group !== role.group || !samePrincipal(principal, role.principal),
  );
  // Roles are of all linked vCenters, and neither their permissions nor global ones are seen here.
  if (permissions.length === 0) {
    const nobody = `${differs}; ${role.principal} does not have it, and who has it globally or in a linked vCenter is not seen here`;
    return { ...common, state: 'manual', found: nobody, steps };
  }
  if (others.length > 0) {
    const who = [...new Set(others.map(({ principal }) => principal))].join(', ');
    return { ...common, state: 'manual', found: `${differs}; ${who} has this role, too`, steps };
  }
  return {
    ...common,
    state: 'wrong',
    found: differs,
    change: (until) => updateRole(vc, found, wanted, { signal: until }),
  };
}

/** What the role lacks, and what it has beyond; the `System.` ones every role has. */
function difference({ privilege = [] }: AuthorizationRole, wanted: readonly string[]) {
  const has = new Set(privilege);
  return {
    added: wanted.filter((one) => !has.has(one)),
    removed: privilege.filter((one) => !one.startsWith('System.') && !wanted.includes(one)),
  };
}
