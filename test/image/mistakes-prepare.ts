import type { Mistake } from './mistakes.ts';

const UPDATES = 'updates: none';

/** Failure domains, one a line of flow YAML, in place of the line about updates. */
function domains(...lines: readonly string[]): string {
  return `handover:\n  failureDomains:\n${lines.map((line) => `    - { ${line} }\n`).join('')}`;
}

function policy(fields: string): string {
  return `prepare: { storagePolicy: ${fields} }`;
}

/** Mistakes in what `ingot prepare` sets up. */
export const PREPARE_MISTAKES: readonly Mistake[] = [
  [
    UPDATES,
    domains('name: a, region: r, zone: z', 'name: ‸a, region: r, zone: y, compute: C2'),
    'handover.failureDomains[1].name',
    'failure-domain.name',
  ],
  [
    UPDATES,
    domains('name: a, region: r, zone: z, compute: C', 'name: b, region: r, zone: ‸y, compute: C/'),
    'handover.failureDomains[1].zone',
    'failure-domain.zone',
  ],
  [
    UPDATES,
    domains(
      'name: a, region: r, zone: z, datacenter: D, compute: C',
      'name: b, region: r, zone: ‸y, datacenter: /D, compute: /D/host/C',
    ),
    'handover.failureDomains[1].zone',
    'failure-domain.zone',
  ],
  [
    UPDATES,
    domains('name: a, region: r, zone: z', 'name: b, region: ‸s, zone: y, compute: C2'),
    'handover.failureDomains[1].region',
    'failure-domain.region',
  ],
  [
    UPDATES,
    domains('name: a, region: r, zone: z', 'name: b, region: s, zone: ‸z, datacenter: D2'),
    'handover.failureDomains[1].zone',
    'failure-domain.zone',
  ],
  [UPDATES, 'prepare: { topologies: ‸[] }', 'prepare.topologies', 'image.value'],
  [UPDATES, 'prepare: { topologies: [{ convention: ‸k8s }] }', 'prepare.topologies[0].convention', 'image.value'],
  [
    UPDATES,
    'prepare: { topologies: [{ regionCategory: place, zoneCategory: ‸place }] }',
    'prepare.topologies[0].zoneCategory',
    'topology.category',
  ],
  [
    UPDATES,
    'prepare: { topologies: [{}, { regionCategory: ‸k8s-zone, zoneCategory: rack }] }',
    'prepare.topologies[1].regionCategory',
    'topology.category',
  ],
  [
    UPDATES,
    policy('{ name: p, tagCategory: ‸k8s-zone, tag: t, datastores: [d] }'),
    'prepare.storagePolicy.tagCategory',
    'topology.category',
  ],
  [
    UPDATES,
    policy('{ name: p, tagCategory: c, tag: t, datastores: [d], ‸datastoreCluster: e }'),
    'prepare.storagePolicy.datastoreCluster',
    'storage-policy.datastores',
  ],
  [
    UPDATES,
    policy('‸{ name: p, tagCategory: c, tag: t, datastores: [] }'),
    'prepare.storagePolicy',
    'storage-policy.datastores',
  ],
  [
    UPDATES,
    policy("{ name: ‸'', tagCategory: c, tag: t, datastoreCluster: e }"),
    'prepare.storagePolicy.name',
    'image.value',
  ],
  [UPDATES, 'prepare: { ‸role: { name: ingot } }', 'prepare.role.principal', 'image.required'],
  [UPDATES, "prepare: { role: { name: ‸'', principal: a@b } }", 'prepare.role.name', 'image.value'],
  [UPDATES, 'prepare: { role: { name: r, principal: a@b, for: [‸all] } }', 'prepare.role.for[0]', 'image.value'],
];
