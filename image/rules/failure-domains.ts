import type { Finding } from '../problem.ts';
import type { Part, Rule } from './rule.ts';

type Domain = NonNullable<NonNullable<NonNullable<Part['handover']>['failureDomains']>[number]>;

/**
 * Failure domains that contradict each other. A tag category of regions or zones gives each object one tag at most, so a
 * datacenter is in one region and a cluster in one zone; and a zone lies in one region, or nodes of two regions would
 * carry the same zone.
 */
export const failureDomains: Rule = ({ handover, placement }) => {
  const domains = handover?.failureDomains ?? [];
  const datacenter = (domain: Domain) => plain(domain.datacenter ?? placement?.datacenter);
  const cluster = (domain: Domain) => {
    const [above, below] = [datacenter(domain), plain(domain.compute ?? placement?.compute)];
    return above === undefined || below === undefined ? undefined : `${above}\n${below.split('/host/').at(-1)}`;
  };
  const at = (index: number, key: string) => ['handover', 'failureDomains', index, key];
  const known: Readonly<Record<'name' | 'cluster' | 'zone' | 'datacenter', Map<string, Domain>>> = {
    name: new Map(),
    cluster: new Map(),
    zone: new Map(),
    datacenter: new Map(),
  };
  /** The domain that had the same value first, if it differs in what must be one. */
  const other = (kind: keyof typeof known, value: string | undefined, domain: Domain, differ: keyof Domain) => {
    if (value === undefined || domain[differ] === undefined) return undefined;
    const first = known[kind].get(value);
    if (first === undefined) known[kind].set(value, domain);
    return first !== undefined && first[differ] !== domain[differ] ? first : undefined;
  };
  return domains.flatMap((domain, index): Finding[] => {
    if (domain === undefined) return [];
    const found: Finding[] = [];
    if (domain.name !== undefined && known.name.has(domain.name))
      found.push({
        path: at(index, 'name'),
        code: 'failure-domain.name',
        expected: 'each name once',
        found: `${domain.name} a second time`,
        remedy: 'give it a name of its own',
      });
    if (domain.name !== undefined) known.name.set(domain.name, domain);
    const clustered = other('cluster', cluster(domain), domain, 'zone');
    if (clustered !== undefined)
      found.push({
        path: at(index, 'zone'),
        code: 'failure-domain.zone',
        expected: `the zone ${clustered.zone} of failure domain ${clustered.name}: it has the same cluster`,
        found: String(domain.zone),
        remedy: 'put each cluster into one zone',
      });
    const placed = other('datacenter', datacenter(domain), domain, 'region');
    if (placed !== undefined)
      found.push({
        path: at(index, 'region'),
        code: 'failure-domain.region',
        expected: `the region ${placed.region} of failure domain ${placed.name}: it has the same datacenter`,
        found: String(domain.region),
        remedy: 'put each datacenter into one region',
      });
    const zoned = other('zone', domain.zone, domain, 'region');
    if (zoned !== undefined && placed === undefined)
      found.push({
        path: at(index, 'zone'),
        code: 'failure-domain.zone',
        expected: `a zone of its own, for ${zoned.zone} lies in region ${zoned.region} (failure domain ${zoned.name})`,
        found: `the same zone in region ${domain.region}`,
        remedy: 'give the zones of each region their own names',
      });
    return found;
  });
};

/** A path as it is compared: without a slash at its ends. */
function plain(path: string | undefined): string | undefined {
  return path?.replace(/^\/+|\/+$/g, '');
}
