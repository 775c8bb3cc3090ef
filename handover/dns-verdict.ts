import type { DnsAnswer } from './dns.ts';

/** Whether nodes will find the API server inside the cluster. */
export interface DnsVerdict {
  /** `unanswered`: DNS did not say enough to tell. */
  readonly state: 'right' | 'wrong' | 'unanswered';
  /** Stable: `dns.same`, `dns.api`, `dns.missing`, `dns.differs`, `dns.unanswered`. */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  /** What to add to the zone, as lines of a zone file; one of them or all of one kind. */
  readonly records: readonly string[];
}

/**
 * Whether api-int has the addresses of api: a Windows node fetches its ignition file from api-int, which on vSphere only
 * Linux nodes resolve by themselves (WMCO, docs/vsphere-prerequisites.md).
 */
export function judgeDns(api: DnsAnswer, apiInt: DnsAnswer): DnsVerdict {
  const open = [api, apiInt].filter(({ trouble }) => trouble !== undefined && !isKnown(trouble.kind));
  if (open.length > 0) {
    return {
      state: 'unanswered',
      code: 'dns.unanswered',
      message: `expected answers, found ${open.map(({ name, trouble }) => `${name}: ${trouble?.text}`).join('; ')}`,
      remedy: 'ask a DNS server that answers for the domain of the cluster (--server), or mend the one that was asked',
      records: [],
    };
  }
  if (api.addresses.length === 0) {
    return {
      state: 'wrong',
      code: 'dns.api',
      message: `expected addresses of ${api.name}, found ${api.trouble?.text ?? 'none'}`,
      remedy:
        "look whether clusterName and baseDomain are the cluster's and whether this is the DNS that it is in: without api there is nothing that api-int could lead to",
      records: [],
    };
  }
  return compare(api, apiInt);
}

function compare(api: DnsAnswer, apiInt: DnsAnswer): DnsVerdict {
  const lacking = api.addresses.filter((address) => !apiInt.addresses.includes(address));
  const others = apiInt.addresses.filter((address) => !api.addresses.includes(address));
  if (lacking.length === 0 && others.length === 0) {
    return {
      state: 'right',
      code: 'dns.same',
      message: `${apiInt.name} has the addresses of ${api.name}: ${api.addresses.join(', ')}`,
      records: [],
    };
  }
  const cname = `${apiInt.name}. IN CNAME ${api.name}.`;
  if (apiInt.addresses.length === 0) {
    return {
      state: 'wrong',
      code: 'dns.missing',
      message: `expected ${apiInt.name} to have the addresses of ${api.name} (${api.addresses.join(', ')}), found ${apiInt.trouble?.text ?? 'none'}`,
      remedy:
        apiInt.chain.length === 0
          ? 'add the CNAME record, or all the address records'
          : 'replace the CNAME record of api-int by this one',
      records: [cname, ...(apiInt.chain.length === 0 ? addressRecords(apiInt.name, api.addresses) : [])],
    };
  }
  const found = [
    ...(lacking.length === 0 ? [] : [`${lacking.join(', ')} missing`]),
    ...(others.length === 0 ? [] : [`${others.join(', ')} of its own`]),
  ];
  const led = apiInt.chain.length > 0;
  const rest = others.length === 0 ? '' : ` and remove ${others.join(', ')}`;
  return {
    state: 'wrong',
    code: 'dns.differs',
    message: `expected ${apiInt.name} to have the addresses of ${api.name} (${api.addresses.join(', ')}), found ${found.join(' and ')}`,
    remedy: led
      ? `let its CNAME lead to ${api.name} instead of ${apiInt.chain[0]}`
      : `put the CNAME record in the place of its address records${lacking.length === 0 ? '' : ', or add the address records'}${rest}`,
    records: [cname, ...(led ? [] : addressRecords(apiInt.name, lacking))],
  };
}

const isKnown = (kind: string) => kind === 'no-such-name' || kind === 'no-address';

function addressRecords(name: string, addresses: readonly string[]): string[] {
  return addresses.map((address) => `${name}. IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`);
}
