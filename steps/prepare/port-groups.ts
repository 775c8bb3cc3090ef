import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { ref } from '../../vsphere/values.ts';
import { distributedPortGroup, nsxSteps } from './distributed-port-group.ts';
import { byKey, type NamedPlace, nodePlaces } from './places.ts';
import type { FindPreparations, Preparation, PrepareContext } from './preparation.ts';
import { wantedPolicy, whyReject } from './security-policy.ts';
import { standardPortGroup } from './standard-port-group.ts';
import { orUnfound } from './unfound.ts';

/** The port groups of Windows nodes: promiscuous mode, MAC address changes and forged transmits are rejected. */
export const findPortGroups: FindPreparations = async (context) => {
  const places = byKey(nodePlaces(context.image), ({ datacenter, compute, network }) =>
    [datacenter, compute, network].join('\n'),
  );
  const found = places.map(([place]) => orUnfound('port-groups', place.network, () => portGroup(context, place)));
  const all = (await Promise.all(found)).flat();
  // A distributed port group of several clusters is one object.
  return byKey(all, ({ object, what }) => `${object}\n${what}`).map(([first]) => first);
};

async function portGroup(
  { vc, signal, datacenter }: PrepareContext,
  place: NamedPlace,
): Promise<readonly Preparation[]> {
  const center = await datacenter(place.datacenter);
  const network = center.network(place.network);
  const { type, value } = network.ref;
  if (type === 'DistributedVirtualPortgroup') return distributedPortGroup(vc, ref(type, value), signal);
  if (type === 'Network') return standardPortGroup(vc, network, center.compute(place.compute), signal);
  return [
    {
      part: 'port-groups',
      object: await inventoryPath(vc, network.ref, { signal }),
      what: 'security policy',
      state: 'manual',
      found: 'an opaque network of NSX',
      wanted: wantedPolicy,
      explain: `${whyReject} vCenter only shows this network: it is set in NSX.`,
      steps: nsxSteps(network.name),
    },
  ];
}
