import { IngotError } from '../../common/failure.ts';
import { type FailureDomain, failureDomainsOf } from '../../image/failure-domains.ts';
import type { Preparation, PrepareContext } from './preparation.ts';

/**
 * Whether vCenter has what the failure domains name: datacenter, cluster, network, datastore. Nothing of that is made
 * by ingot. (Folders and resource pools are, and have parts of their own.)
 */
export async function findFailureDomains(context: PrepareContext): Promise<readonly Preparation[]> {
  return (await Promise.all(failureDomainsOf(context.image).map((domain) => look(context, domain)))).flat();
}

async function look(context: PrepareContext, domain: FailureDomain): Promise<readonly Preparation[]> {
  const there: string[] = [];
  const missing: Preparation[] = [];
  const check = async <T>(what: string, find: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      const found = await find();
      there.push(what);
      return found;
    } catch (error) {
      if (!isUnfound(error)) throw error;
      missing.push(unfound(domain, what, error));
      return undefined;
    }
  };
  const datacenter = await check(`datacenter ${domain.datacenter}`, () => context.datacenter(domain.datacenter));
  if (datacenter !== undefined) {
    const { compute, network, datastore } = domain;
    await check(`cluster ${compute}`, () => datacenter.compute(compute));
    await check(`network ${network}`, () => datacenter.network(network));
    if (datastore !== undefined) await check(`datastore ${datastore}`, () => datacenter.datastore(datastore));
  }
  if (missing.length > 0) return missing;
  const object = `failure domain ${domain.name}`;
  const found = there.join(', ');
  return [
    {
      part: 'failure-domains',
      object,
      what: 'objects',
      state: 'right',
      found,
      wanted: found,
      explain: 'All are there.',
    },
  ];
}

/** Whether an error says that a name is not in the inventory, or is there several times. */
export function isUnfound(error: unknown): error is IngotError {
  return error instanceof IngotError && ['vsphere.not-found', 'vsphere.ambiguous'].includes(error.code);
}

function unfound(
  domain: FailureDomain,
  what: string,
  { code, message, evidence = [], remedy }: IngotError,
): Preparation {
  return {
    part: 'failure-domains',
    object: `failure domain ${domain.name}`,
    what,
    state: 'manual',
    found: code === 'vsphere.ambiguous' ? 'several' : 'not there',
    wanted: 'there',
    explain: [message, ...evidence].join('; '),
    steps: [remedy ?? 'Correct the name in the image file.'],
  };
}
