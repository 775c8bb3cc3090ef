import type { Needed } from './compute.ts';
import type { ObjectKind } from './objects.ts';
import type { ObjectPaths } from './paths.ts';

/** A permission: a role on an object, for whom the role is made. */
export interface Grant {
  /** Inventory path. */
  readonly object: string;
  /** `own`: the role with the privileges; `ReadOnly`: vCenter's own, where nothing but reading is needed. */
  readonly role: 'own' | 'ReadOnly';
  /** Whether it holds for what lies below, too. */
  readonly propagate: boolean;
  readonly for: readonly ObjectKind[];
  /** Where it gives more than is needed, and how that is avoided. */
  readonly note?: string | undefined;
}

/** VMs are reached by their folder, members of a datastore cluster by the cluster, hosts by theirs. */
const containers: ReadonlySet<ObjectKind> = new Set([
  ...(['folder', 'template-folder', 'datastore-cluster', 'compute'] as const),
  ...(['library-folder', 'prepared-host', 'prepared-object'] as const),
]);

/** The privileges that a role has to be made of: all but those that every role has. */
export function rolePrivileges(needed: readonly Needed[]): readonly string[] {
  const all = needed.map(({ privilege }) => privilege).filter((privilege) => !privilege.startsWith('System.'));
  return [...new Set(all)].sort();
}

/**
 * The permissions by which a role is given exactly where it is needed. One that a permission above brings already is
 * left out. Some objects take no permission of their own (vSphere API reference, SetEntityPermissions): the four folders
 * of a datacenter have the datacenter's, the root resource pool has its cluster's.
 */
export function grantsFor(needed: readonly Needed[], paths: ObjectPaths): readonly Grant[] {
  const datacenters = new Set(paths.datacenter ?? []);
  const found = new Map<string, Grant>();
  for (const { privilege, on } of needed) {
    // A member of a datastore cluster is reached by the cluster: vCenter may choose another one next time.
    const kind = on === 'datastore' && (paths['datastore-cluster'] ?? []).length > 0 ? 'datastore-cluster' : on;
    for (const path of (paths[kind] ?? []).filter((known) => known.startsWith('/'))) {
      const object = holderOf(path, kind, datacenters);
      const before = found.get(object);
      found.set(object, {
        object,
        role: before?.role === 'own' || !privilege.startsWith('System.') ? 'own' : 'ReadOnly',
        propagate: before?.propagate === true || object !== path || containers.has(kind),
        for: [...new Set([...(before?.for ?? []), on])],
        note: before?.note ?? wider(path, object),
      });
    }
  }
  const all = [...found.values()];
  const brings = ({ propagate, role }: Grant) => propagate && role === 'own';
  const covered = ({ object }: Grant) =>
    all.some((above) => brings(above) && above.object !== object && isBelow(object, above.object));
  return all.filter((grant) => !covered(grant)).toSorted((a, b) => (a.object < b.object ? -1 : 1));
}

/** Where the permission for an object is set. */
function holderOf(path: string, kind: ObjectKind, datacenters: ReadonlySet<string>): string {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (datacenters.has(parent) && /\/(vm|host|datastore|network)$/.test(path)) return parent;
  return (kind === 'pool' || kind === 'prepared-pool') && path.endsWith('/Resources') ? parent : path;
}

function wider(path: string, object: string): string | undefined {
  if (path === object) return undefined;
  const what = path.endsWith('/Resources')
    ? 'the root resource pool of a cluster has the permissions of the cluster: this reaches all VMs in it. A resource pool of its own (placement.resourcePool) avoids that'
    : 'this folder of a datacenter has the permissions of the datacenter: this reaches all that is in it. A folder of its own (placement.folder, template.folder) avoids that';
  return `${path}: ${what}`;
}

function isBelow(path: string, above: string): boolean {
  return path.startsWith(above === '/' ? '/' : `${above}/`);
}
