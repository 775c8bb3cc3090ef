import type { Finding, Path } from '../problem.ts';
import type { Part, Raw, Rule } from './rule.ts';

type Openshift = NonNullable<NonNullable<Part['handover']>['openshift']>;

/** What of the MachineSets contradicts itself or the failure domains. */
export const machineSets: Rule = ({ handover }, raw) => {
  const { openshift, failureDomains } = handover ?? {};
  if (openshift === undefined) return [];
  const domains = (failureDomains ?? []).map((domain) => domain?.name);
  return [
    ...nameFindings(openshift, domains),
    ...(['machineSet', 'infraMachineSet'] as const).flatMap((key) => autoscalerFindings(openshift, key)),
    ...awsFindings(openshift, raw),
  ];
};

const PATH: Path = ['handover', 'openshift'];

function nameFindings({ machineSet }: Openshift, domains: readonly (string | undefined)[]): Finding[] {
  const seen = new Map<string, string>();
  return Object.entries(machineSet?.names ?? {}).flatMap(([domain, name]): Finding[] => {
    const path = [...PATH, 'machineSet', 'names', domain];
    if (!domains.includes(domain) && !domains.includes(undefined))
      return [
        {
          path,
          atKey: true,
          code: 'openshift.failure-domain',
          expected: 'the name of a failure domain of handover.failureDomains',
          found: domain,
          remedy: domains.length === 0 ? 'write down the failure domains' : `write one of ${domains.join(', ')}`,
        },
      ];
    const other = name === undefined ? undefined : seen.get(name);
    if (name !== undefined && other === undefined) seen.set(name, domain);
    return other === undefined
      ? []
      : [
          {
            path,
            code: 'openshift.machine-set-name',
            expected: 'a name of its own for each MachineSet',
            found: `${name}, which is that of ${other}`,
            remedy: 'write another one',
          },
        ];
  });
}

function autoscalerFindings(openshift: Openshift, key: 'machineSet' | 'infraMachineSet'): Finding[] {
  const { min, max } = openshift[key]?.autoscaler ?? {};
  if (min === undefined || max === undefined || min <= max) return [];
  return [
    {
      path: [...PATH, key, 'autoscaler', 'max'],
      code: 'openshift.autoscaler',
      expected: `at least the ${min} machines of min`,
      found: String(max),
      remedy: 'change one of the two',
    },
  ];
}

function awsFindings({ aws }: Openshift, raw: Raw): Finding[] {
  const seen = new Set<string>();
  return [
    ...(aws?.securityGroups ?? []).flatMap((_, index) => reference([...PATH, 'aws', 'securityGroups', index], raw)),
    ...(aws?.zones ?? []).flatMap((zone, index) => {
      const path = [...PATH, 'aws', 'zones', index];
      const twice = zone?.zone !== undefined && seen.has(zone.zone);
      if (zone?.zone !== undefined) seen.add(zone.zone);
      return [
        ...(zone?.subnet === undefined ? [] : reference([...path, 'subnet'], raw)),
        ...(twice
          ? [
              {
                path: [...path, 'zone'],
                code: 'openshift.aws-zone',
                expected: 'each availability zone once',
                found: `${zone?.zone} a second time`,
                remedy: 'remove one',
              },
            ]
          : []),
      ];
    }),
  ];
}

/** An object of AWS is named in one way: the Machine API refuses more than one. */
function reference(path: Path, raw: Raw): Finding[] {
  const given = ['id', 'name', 'filters'].filter((key) => raw([...path, key]) !== undefined);
  if (given.length === 1) return [];
  const [, second] = given;
  return [
    {
      path: second === undefined ? path : [...path, second],
      atKey: second !== undefined,
      code: 'openshift.aws-reference',
      expected: 'one of id, name and filters',
      found: given.length === 0 ? 'none' : given.join(', '),
      remedy: given.length === 0 ? 'add one' : 'keep one',
    },
  ];
}
