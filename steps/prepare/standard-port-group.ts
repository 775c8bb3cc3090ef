import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { Compute, Network } from '../../vsphere/inventory.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { unescapeName } from '../../vsphere/names.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import type { HostPortGroup } from '../../vsphere/vim25.gen.ts';
import type { Preparation } from './preparation.ts';
import { describePolicy, isRejected, rejectAll, wantedPolicy, whoElse, whyReject } from './security-policy.ts';

/** A standard port group: each host of the cluster that has it has settings of its own. */
export async function standardPortGroup(
  vc: Vsphere,
  network: Network,
  compute: Compute,
  signal: AbortSignal,
): Promise<readonly Preparation[]> {
  const name = unescapeName(network.name);
  const { host: having = [], vm: vms = [] } = await vc.read(network.ref, ['host', 'vm'], { signal });
  const keys = new Set(having.map(refText));
  // An empty list tells nothing: not every vCenter fills it in.
  const hosts = compute.hosts.filter((host) => keys.size === 0 || keys.has(refText(host)));
  const found = hosts.map(async (host): Promise<readonly Preparation[]> => {
    const path = await inventoryPath(vc, host, { signal });
    const common = { part: 'port-groups' as const, object: path, what: `port group ${name}`, wanted: wantedPolicy };
    const { 'configManager.networkSystem': system, 'runtime.connectionState': state } = await vc.read(
      host,
      ['configManager.networkSystem', 'runtime.connectionState'],
      { signal },
    );
    if (system === undefined || state !== 'connected') {
      const steps = [`connect ${path}, then run this again`];
      return [{ ...common, state: 'manual', found: `the host is ${state}`, explain: whyReject, steps }];
    }
    const group = await portGroupOf(vc, system, name, signal);
    if (group === undefined) return [];
    const { spec, computedPolicy } = group;
    const own = spec.policy.security;
    const effective = { ...notSet, ...computedPolicy.security };
    const inherited = (setting: keyof typeof rejectAll) =>
      own?.[setting] === undefined ? spec.vswitchName : undefined;
    const right = isRejected(effective);
    return [
      {
        ...common,
        state: right ? 'right' : 'wrong',
        found: describePolicy(effective, inherited),
        explain: `${whyReject} A standard port group is set on each host; what it inherits changes with its virtual switch.${right ? '' : whoElse(vms)}`,
        ...(right ? {} : { change: (until: AbortSignal) => reject(vc, system, name, until) }),
      },
    ];
  });
  return (await Promise.all(found)).flat();
}

const notSet = { allowPromiscuous: undefined, macChanges: undefined, forgedTransmits: undefined };

/** UpdatePortGroup takes the whole specification: all but the security policy is sent as it is now. */
async function reject(vc: Vsphere, system: Ref<'HostNetworkSystem'>, name: string, signal: AbortSignal): Promise<void> {
  const group = await portGroupOf(vc, system, name, signal);
  if (group === undefined)
    throw new IngotError('prepare.port-group', `expected the port group ${name} on the host, found it gone`);
  const { spec } = group;
  const portgrp = { ...spec, policy: { ...spec.policy, security: rejectAll } };
  await vc.call('UpdatePortGroup', system, { pgName: spec.name, portgrp }, { signal });
}

async function portGroupOf(
  vc: Vsphere,
  system: Ref<'HostNetworkSystem'>,
  name: string,
  signal: AbortSignal,
): Promise<HostPortGroup | undefined> {
  const { 'networkInfo.portgroup': groups = [] } = await vc.read(system, ['networkInfo.portgroup'], { signal });
  return groups.find(({ spec }) => unescapeName(spec.name) === name);
}
