import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import type { AuthorizationRole, ManagedEntityType, Permission } from './vim25.gen.ts';

/** vCenter's own roles, by id (vSphere API reference, AuthorizationRole). */
export const systemRoles = { admin: -1, readOnly: -2 } as const;

/** A role by its name; undefined when there is none. */
export async function findRole(
  vc: Vsphere,
  name: string,
  options: ReadOptions = {},
): Promise<AuthorizationRole | undefined> {
  const { roleList = [] } = await vc.read(manager(vc), ['roleList'], options);
  return roleList.find((role) => role.name === name);
}

/** The names of all roles by id. */
export async function roleNames(vc: Vsphere, options: ReadOptions = {}): Promise<ReadonlyMap<number, string>> {
  const { roleList = [] } = await vc.read(manager(vc), ['roleList'], options);
  return new Map(roleList.map(({ roleId, name }) => [roleId, name]));
}

/** The privileges that this vCenter knows; undefined where it does not say. */
export async function knownPrivileges(
  vc: Vsphere,
  options: ReadOptions = {},
): Promise<ReadonlySet<string> | undefined> {
  const { privilegeList = [] } = await vc.read(manager(vc), ['privilegeList'], options);
  return privilegeList.length === 0 ? undefined : new Set(privilegeList.map(({ privId }) => privId));
}

/** AddAuthorizationRole: vCenter adds System.Anonymous, System.View and System.Read to every role. */
export async function addRole(
  vc: Vsphere,
  name: string,
  privIds: readonly string[],
  options: ReadOptions = {},
): Promise<void> {
  await vc.call('AddAuthorizationRole', manager(vc), { name, privIds }, options);
}

/** UpdateAuthorizationRole: its privileges become these. The session must hold each of them itself. */
export async function updateRole(
  vc: Vsphere,
  { roleId, name }: Pick<AuthorizationRole, 'roleId' | 'name'>,
  privIds: readonly string[],
  options: ReadOptions = {},
): Promise<void> {
  await vc.call('UpdateAuthorizationRole', manager(vc), { roleId, newName: name, privIds }, options);
}

/** All permissions that give a role. */
export function permissionsOfRole(
  vc: Vsphere,
  roleId: number,
  options: ReadOptions = {},
): Promise<readonly Permission[]> {
  return vc.call('RetrieveRolePermissions', manager(vc), { roleId }, options);
}

/** The permissions that are set on an object, and, `inherited`, those that reach it from above. */
export function permissionsOn(
  vc: Vsphere,
  entity: Ref<ManagedEntityType>,
  inherited: boolean,
  options: ReadOptions = {},
): Promise<readonly Permission[]> {
  return vc.call('RetrieveEntityPermissions', manager(vc), { entity, inherited }, options);
}

/**
 * SetEntityPermissions: one for a principal that has none there yet, or in place of its own. Those of others stay.
 * InvalidArgument on the four folders of a datacenter and on root resource pools, which have those of their parent.
 */
export async function setPermission(
  vc: Vsphere,
  entity: Ref<ManagedEntityType>,
  permission: Permission,
  options: ReadOptions = {},
): Promise<void> {
  await vc.call('SetEntityPermissions', manager(vc), { entity, permission: [permission] }, options);
}

/** Whether two names are of one principal: vCenter takes `user@domain` and shows `DOMAIN\user`; case does not count. */
export function samePrincipal(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(principal: string): string {
  const [, domain, user] = /^([^\\]+)\\(.+)$/.exec(principal) ?? [];
  return (domain === undefined ? principal : `${user}@${domain}`).toLowerCase();
}

function manager(vc: Vsphere): Ref<'AuthorizationManager'> {
  const { authorizationManager } = vc.content;
  if (authorizationManager !== undefined) return authorizationManager;
  throw new IngotError('vsphere.answer', 'expected an AuthorizationManager in the service content, found none');
}
