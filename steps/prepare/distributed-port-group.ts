import type { Vsphere } from '../../vsphere/connect.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { DVPortgroupConfigInfo, VMwareDVSPortSetting } from '../../vsphere/vim25.gen.ts';
import type { Preparation } from './preparation.ts';
import {
  describePolicy,
  isRejected,
  rejectAll,
  type SecurityPolicy,
  wantedPolicy,
  whoElse,
  whyReject,
} from './security-policy.ts';

type PortGroup = Ref<'DistributedVirtualPortgroup'>;

/** A distributed port group: one setting for all hosts. */
export async function distributedPortGroup(
  vc: Vsphere,
  group: PortGroup,
  signal: AbortSignal,
): Promise<readonly Preparation[]> {
  const [{ config, vm: vms = [] }, path] = await Promise.all([
    vc.read(group, ['config', 'vm'], { signal }),
    inventoryPath(vc, group, { signal }),
  ]);
  const common = { part: 'port-groups' as const, object: path, what: 'security policy', wanted: wantedPolicy };
  if (config.backingType === 'nsx') {
    const [found, explain] = ['an NSX segment', `${whyReject} Its profiles are set in NSX.`];
    return [{ ...common, state: 'manual', found, explain, steps: nsxSteps(config.name) }];
  }
  const setting = settingOf(config);
  const effective = effectivePolicy(setting);
  const from = isInherited(setting) ? 'the switch' : undefined;
  const right = isRejected(effective);
  return [
    {
      ...common,
      state: right ? 'right' : 'wrong',
      found: describePolicy(effective, () => from),
      explain: [whyReject, ...notes(config, setting)].join(' ') + (right ? '' : whoElse(vms)),
      ...(right ? {} : { change: (until: AbortSignal) => reject(vc, group, until) }),
    },
  ];
}

/** What a person does where the network is NSX's own; by NSX's documentation, not tried. */
export function nsxSteps(name: string): readonly string[] {
  return [
    `in NSX Manager: Networking > Segments > ${name} > Segment Profiles`,
    'choose a MAC Discovery profile with MAC Change and MAC Learning off',
    'a segment knows neither promiscuous mode nor forged transmits as a port group does: with MAC Learning off, a port takes its own MAC address only',
  ];
}

/**
 * Only the security policy is sent, with the version that it was read with: what is left out stays as it is, and a change
 * by somebody else in between is refused (DVPortgroupConfigSpec.configVersion). From vSphere 6.7 it is part of
 * `macManagementPolicy`, beside MAC learning, which is sent as it is; before that, and on older switches, `securityPolicy`.
 */
async function reject(vc: Vsphere, group: PortGroup, signal: AbortSignal): Promise<void> {
  const { config } = await vc.read(group, ['config'], { signal });
  const { macManagementPolicy: mac } = settingOf(config) ?? {};
  const no = { inherited: false, value: false };
  const policy =
    mac === undefined
      ? { securityPolicy: { inherited: false, allowPromiscuous: no, macChanges: no, forgedTransmits: no } }
      : { macManagementPolicy: { inherited: false, ...rejectAll, macLearningPolicy: mac.macLearningPolicy } };
  const spec = {
    configVersion: config.configVersion,
    defaultPortConfig: { $type: 'VMwareDVSPortSetting' as const, ...policy },
  };
  await vc.task('ReconfigureDVPortgroup_Task', group, { spec }, { signal, what: `changing ${config.name}` });
}

function settingOf({ defaultPortConfig }: DVPortgroupConfigInfo): VMwareDVSPortSetting | undefined {
  return defaultPortConfig?.$type === 'VMwareDVSPortSetting' ? defaultPortConfig : undefined;
}

/** Both policies show the same settings; where one accepts, that counts. */
function effectivePolicy(setting: VMwareDVSPortSetting | undefined): SecurityPolicy {
  const { macManagementPolicy: mac, securityPolicy: old } = setting ?? {};
  const of = (name: keyof SecurityPolicy) => {
    const values = [mac?.[name], old?.[name]?.value].filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.includes(true);
  };
  return {
    allowPromiscuous: of('allowPromiscuous'),
    macChanges: of('macChanges'),
    forgedTransmits: of('forgedTransmits'),
  };
}

function isInherited(setting: VMwareDVSPortSetting | undefined): boolean {
  const { macManagementPolicy: mac, securityPolicy: old } = setting ?? {};
  return (mac ?? old)?.inherited === true;
}

function notes({ policy }: DVPortgroupConfigInfo, setting: VMwareDVSPortSetting | undefined): readonly string[] {
  const own = policy.$type === 'VMwareDVSPortgroupPolicy' ? policy : undefined;
  const overridden = own?.securityPolicyOverrideAllowed === true || own?.macManagementOverrideAllowed === true;
  const learning = setting?.macManagementPolicy?.macLearningPolicy?.enabled === true;
  return [
    ...(overridden
      ? ['Single ports may override it (securityPolicyOverrideAllowed): look at the ports of the nodes as well.']
      : []),
    ...(learning ? ['MAC learning is on, which is of no use without forged transmits: it stays as it is.'] : []),
  ];
}
