import { findByPath, inventoryPath } from '../../vsphere/inventory-path.ts';
import { splitPath } from '../../vsphere/names.ts';
import { ensurePool } from '../../vsphere/resource-pool.ts';
import { byKey, type NamedPlace, nodePlaces, placementOf } from './places.ts';
import type { FindPreparations, Preparation, PrepareContext } from './preparation.ts';
import { orUnfound } from './unfound.ts';

/** The resource pools that the image file names: of the build, and of the nodes of each failure domain. */
export const findPools: FindPreparations = async (context) => {
  const wanted = [placementOf(context.image), ...nodePlaces(context.image)].filter(
    ({ resourcePool }) => resourcePool !== undefined,
  );
  const each = byKey(wanted, ({ datacenter, compute, resourcePool }) => [datacenter, compute, resourcePool].join('\n'));
  const found = each.map(([first, all]) =>
    orUnfound('pools', `${first.compute}: ${first.resourcePool}`, async () => [
      await preparationOf(context, first, [...new Set(all.map(({ of }) => of))]),
    ]),
  );
  return (await Promise.all(found)).flat();
};

async function preparationOf(
  { vc, signal, datacenter }: PrepareContext,
  { datacenter: where, compute: cluster, resourcePool = '' }: NamedPlace,
  users: readonly string[],
): Promise<Preparation> {
  const compute = (await datacenter(where)).compute(cluster);
  const root = `${await inventoryPath(vc, compute.ref, { signal })}/Resources`;
  const path = [root, ...splitPath(resourcePool)].join('/');
  const found = await findByPath(vc, path, { signal });
  const common = {
    part: 'pools' as const,
    object: path,
    what: 'resource pool',
    wanted: 'a resource pool',
    explain: `The resource pool of ${users.join(', ')}. A pool that is there keeps its shares, reservations and limits; a new one gets normal shares, an expandable reservation and no limit.`,
  };
  if (found !== undefined) {
    const kind = found.type === 'VirtualApp' ? 'a vApp, which serves as one' : 'a resource pool';
    return { ...common, state: 'right', found: kind };
  }
  return {
    ...common,
    state: 'missing',
    found: 'not there',
    change: async (until) => void (await ensurePool(vc, compute.resourcePool, root, resourcePool, { signal: until })),
  };
}
