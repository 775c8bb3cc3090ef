import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { Datacenter, DatastoreLocation } from '../../vsphere/inventory.ts';
import { refText } from '../../vsphere/values.ts';

/** Properties of several objects, by `refText`. */
export type Values = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** The one datastore that is named, or those of the datastore cluster. */
export async function datastores(
  vc: Vsphere,
  image: Image,
  center: Datacenter,
  signal: AbortSignal,
): Promise<DatastoreLocation[]> {
  const { datastore, datastoreCluster } = image.placement;
  if (datastore !== undefined) return [center.datastore(datastore)];
  const pod = center.storagePod(datastoreCluster ?? '');
  const { childEntity = [] } = await vc.read(pod, ['childEntity'], { signal });
  const members = await vc.properties(
    childEntity
      .filter((child) => child.type === 'Datastore')
      .map(({ value }) => ({ type: 'Datastore' as const, value })),
    ['name'],
    { signal },
  );
  return members.map(({ name }) => center.datastore(`${datastoreCluster}/${name}`));
}

/** The accessible one with the most free space. */
export function emptiest(
  candidates: readonly DatastoreLocation[],
  values: Values,
): DatastoreLocation & { readonly freeSpace: number } {
  const usable = candidates
    .map((datastore) => ({ datastore, seen: values.get(refText(datastore.ref)) }))
    .filter(({ seen }) => seen?.['summary.accessible'] === true)
    .map(({ datastore, seen }) => ({ ...datastore, freeSpace: Number(seen?.['summary.freeSpace']) }))
    .sort((a, b) => b.freeSpace - a.freeSpace);
  const [best] = usable;
  if (best !== undefined) return best;
  throw new IngotError(
    'datastore.inaccessible',
    `expected an accessible datastore, found ${candidates.map((d) => d.name).join(', ') || 'none'} inaccessible`,
    {
      remedy: 'look at the datastore in vCenter, or name another in placement',
    },
  );
}
