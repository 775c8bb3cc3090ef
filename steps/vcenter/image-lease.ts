import type { Image } from '../../image/index.ts';
import type { Names } from '../../image/names.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import { ref } from '../../vsphere/values.ts';
import { datastores } from './datastores.ts';
import type { Vcenter } from './index.ts';
import { buildLease, type Lease } from './lease.ts';
import { leaseFolder } from './lease-file.ts';

/** The lease of an image, on the datastore that all its builds agree on. */
export function imageLease(image: Image, names: Names, build: string, vcenter: () => Promise<Vcenter>): Lease {
  return buildLease({
    image: image.name,
    build,
    silentMs: image.timeouts.lease,
    async folder(signal) {
      const center = await vcenter();
      return leaseFolder(center.vc, await agreedDatastore(center, image, signal), names.leaseFolder);
    },
    async now(signal) {
      const { vc } = await vcenter();
      return Date.parse(await vc.call('CurrentTime', ref('ServiceInstance', 'ServiceInstance'), {}, { signal }));
    },
  });
}

/** Of a datastore cluster each build takes the emptiest: what all agree on is the first by its name. */
export async function agreedDatastore({ vc, placement }: Vcenter, image: Image, signal: AbortSignal) {
  const { datastore, datacenterPath } = await placement(signal);
  if (image.placement.datastore !== undefined) return datastore;
  const members = await datastores(vc, image, await openDatacenter(vc, datacenterPath, { signal }), signal);
  const values = await vc.properties(
    members.map((member) => member.ref),
    ['summary.accessible'],
    { signal },
  );
  const usable = members.filter((_, index) => values[index]?.['summary.accessible'] === true);
  const [first] = usable.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return first ?? datastore;
}
