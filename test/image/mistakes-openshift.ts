import type { Mistake } from './mistakes.ts';

const TEMPLATE = 'template:\n  name: windows-server-20h2';
const AT = 'handover.openshift';
const DOMAIN = '{ name: rack1, region: r, zone: z }';

/** A section `handover:` before the template. */
function openshift(fields: string, domains = ''): string {
  return `handover:\n  failureDomains: [${domains}]\n  openshift: { ${fields} }\n${TEMPLATE}`;
}

const machineSet = (fields: string, domains?: string) => openshift(`machineSet: { ${fields} }`, domains);
const subnet = (fields: string) => openshift(`aws: { zones: [{ zone: us-east-2a, subnet: ${fields} }] }`);

/** Mistakes in the MachineSets of OpenShift. */
export const OPENSHIFT_MISTAKES: readonly Mistake[] = [
  [TEMPLATE, machineSet('name: ‸winworkers'), `${AT}.machineSet.name`, 'image.value'],
  [TEMPLATE, machineSet('name: ‸Win'), `${AT}.machineSet.name`, 'image.value'],
  [TEMPLATE, machineSet('names: { rack1: ‸winworkers }', DOMAIN), `${AT}.machineSet.names.rack1`, 'image.value'],
  [TEMPLATE, machineSet('names: { ‸rack2: win }', DOMAIN), `${AT}.machineSet.names.rack2`, 'openshift.failure-domain'],
  [
    TEMPLATE,
    machineSet('names: { rack1: win, rack2: ‸win }', `${DOMAIN}, { name: rack2, region: r, zone: y, compute: C }`),
    `${AT}.machineSet.names.rack2`,
    'openshift.machine-set-name',
  ],
  [TEMPLATE, machineSet('autoscaler: { min: 3, max: ‸2 }'), `${AT}.machineSet.autoscaler.max`, 'openshift.autoscaler'],
  [
    TEMPLATE,
    machineSet('healthCheck: { maxUnhealthy: ‸101% }'),
    `${AT}.machineSet.healthCheck.maxUnhealthy`,
    'image.value',
  ],
  [
    TEMPLATE,
    machineSet('taints: [{ key: ‸a b, effect: NoSchedule }]'),
    `${AT}.machineSet.taints[0].key`,
    'image.value',
  ],
  [
    TEMPLATE,
    openshift("infraMachineSet: { nodeLabels: { role: ‸'a b' } }"),
    `${AT}.infraMachineSet.nodeLabels.role`,
    'image.value',
  ],
  [TEMPLATE, openshift('aws: { ami: ‸rhcos }'), `${AT}.aws.ami`, 'image.value'],
  [TEMPLATE, subnet('‸{}'), `${AT}.aws.zones[0].subnet`, 'openshift.aws-reference'],
  [
    TEMPLATE,
    subnet('{ id: subnet-01234567, ‸name: private }'),
    `${AT}.aws.zones[0].subnet.name`,
    'openshift.aws-reference',
  ],
  [
    TEMPLATE,
    openshift('aws: { zones: [{ zone: a, subnet: { name: n } }, { zone: ‸a, subnet: { name: m } }] }'),
    `${AT}.aws.zones[1].zone`,
    'openshift.aws-zone',
  ],
];
