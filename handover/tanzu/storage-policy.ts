import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { StoragePolicy } from './variables.ts';

/** The storage policy of the nodes, found by its name; undefined where the image file names none. */
export async function storagePolicyOf(
  vc: Vsphere,
  { file, handover, prepare }: Image,
  signal: AbortSignal,
): Promise<StoragePolicy | undefined> {
  const name = handover.tanzu?.storagePolicy ?? prepare.storagePolicy?.name;
  if (name === undefined) return undefined;
  const { findStoragePolicy } = await import('../../vsphere/pbm.ts');
  const found = await findStoragePolicy(vc, name, { signal });
  if (found !== undefined) return found;
  throw new IngotError('tanzu.storage-policy', `expected the VM storage policy ${name} in vCenter, found none`, {
    remedy: `make it (ingot prepare ${file} does if prepare.storagePolicy says so), or correct handover.tanzu.storagePolicy; govc storage.policy.ls lists them`,
  });
}
