import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { Network, NetworkRef } from '../../vsphere/inventory.ts';
import { isRef } from '../../vsphere/values.ts';
import type { AnyVirtualDeviceBackingInfo } from '../../vsphere/vim25.gen.ts';

/** What has to be read of a network for the backing of a NIC. */
export function networkPaths({ type }: NetworkRef): readonly string[] {
  if (type === 'DistributedVirtualPortgroup') return ['key', 'config.distributedVirtualSwitch'];
  return type === 'OpaqueNetwork' ? ['summary'] : [];
}

/** The backing of a NIC on a standard network, a distributed port group or an opaque network. */
export async function nicBacking(
  vc: Vsphere,
  network: Network,
  values: Readonly<Record<string, unknown>> | undefined,
  signal: AbortSignal,
): Promise<AnyVirtualDeviceBackingInfo> {
  const { ref, name } = network;
  if (ref.type === 'DistributedVirtualPortgroup') {
    const dvs = values?.['config.distributedVirtualSwitch'];
    if (!isRef(dvs)) throw new IngotError('vsphere.answer', `expected the switch of port group ${name}, found none`);
    const { uuid } = await vc.read({ type: 'DistributedVirtualSwitch', value: dvs.value }, ['uuid'], { signal });
    const port = { switchUuid: uuid, portgroupKey: String(values?.key) };
    return { $type: 'VirtualEthernetCardDistributedVirtualPortBackingInfo', port };
  }
  const summary = values?.summary;
  if (ref.type === 'OpaqueNetwork' && typeof summary === 'object' && summary !== null) {
    const { opaqueNetworkId, opaqueNetworkType } = { opaqueNetworkId: '', opaqueNetworkType: '', ...summary };
    return { $type: 'VirtualEthernetCardOpaqueNetworkBackingInfo', opaqueNetworkId, opaqueNetworkType };
  }
  return { $type: 'VirtualEthernetCardNetworkBackingInfo', deviceName: name, network: ref };
}
