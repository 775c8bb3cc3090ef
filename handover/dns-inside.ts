import type { DnsAnswer, DnsTrouble } from './dns.ts';
import type { SealedDns } from './sealed-facts.ts';

/** Names that winerror.h has for what DNS says; Resolve-DnsName gives them in each language. */
const TROUBLES: Readonly<Record<string, readonly [DnsTrouble, string]>> = {
  DNS_ERROR_RCODE_NAME_ERROR: ['no-such-name', 'no such name (NXDOMAIN)'],
  DNS_INFO_NO_RECORDS: ['no-address', 'neither A nor AAAA'],
  DNS_ERROR_RCODE_SERVER_FAILURE: ['server-failure', 'the server failed (SERVFAIL)'],
  DNS_ERROR_RCODE_REFUSED: ['refused', 'the server refused to answer (REFUSED)'],
  ERROR_TIMEOUT: ['timeout', 'no answer in time'],
  DNS_ERROR_NO_DNS_SERVERS: ['unreachable', 'Windows has no DNS server'],
};

/** What Windows was told about a name, in the same words as what is asked from here. */
export function answerInside({ answers }: SealedDns, name: string): DnsAnswer | undefined {
  const found = answers.find((answer) => answer.name.toLowerCase() === name);
  if (found === undefined) return undefined;
  const addresses = found.addresses.toSorted();
  const error = found.error ?? (addresses.length > 0 ? undefined : 'DNS_INFO_NO_RECORDS');
  if (error === undefined) return { name, chain: found.chain, addresses };
  const [kind, text] = TROUBLES[error] ?? ['bad-answer', `no proper answer (${error})`];
  return { name, chain: found.chain, addresses, trouble: { kind, text } };
}
