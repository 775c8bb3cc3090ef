import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { DatastoreLocation } from '../../vsphere/inventory.ts';
import { type PodRequest, recommendDatastore } from '../../vsphere/storage-pod.ts';
import type { Placement } from './placement.ts';

type Request<R = PodRequest> = R extends PodRequest ? Omit<R, 'pool' | 'host'> : never;

/**
 * Where a VM goes: the datastore that the image file names, or the one of its datastore cluster that Storage DRS
 * recommends. Where that gives no advice it is the emptiest, with a warning.
 */
export async function datastoreFor(
  vc: Vsphere,
  { datastore, pod, pool, host }: Placement,
  request: Request,
  { warn, signal }: { warn(message: string): void; readonly signal: AbortSignal },
): Promise<Pick<DatastoreLocation, 'ref' | 'name'>> {
  if (pod === undefined) return datastore;
  try {
    const ref = await recommendDatastore(vc, pod.ref, { ...request, pool, host }, { signal });
    const found = pod.members.find((member) => member.ref.value === ref.value);
    if (found !== undefined) return found;
    const { name } = await vc.read(ref, ['name'], { signal });
    return { ref, name };
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'vsphere.storage-drs') throw error;
    warn(`${pod.name}: ${error.message}; the emptiest of its datastores, ${datastore.name}, is taken`);
    return datastore;
  }
}
