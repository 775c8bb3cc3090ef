import { type apiNames, type DnsAnswer, DnsClient, type DnsOptions } from './dns.ts';
import { answerInside } from './dns-inside.ts';
import { type DnsVerdict, judgeDns } from './dns-verdict.ts';
import type { SealedDns } from './sealed-facts.ts';

/** What one place is told, and whether that is right. */
export interface DnsView {
  /** `here`: where ingot runs; `guest`: the network of the smoke test's clone. */
  readonly from: 'here' | 'guest';
  /** DNS servers that were asked; those of Windows are not known. */
  readonly servers: readonly string[];
  readonly api: DnsAnswer;
  readonly apiInt: DnsAnswer;
  readonly verdict: DnsVerdict;
}

/** What this machine's DNS servers, or others, say of the two names of a cluster. */
export async function viewFromHere(names: ReturnType<typeof apiNames>, options: DnsOptions): Promise<DnsView> {
  const client = new DnsClient(options);
  const [api, apiInt] = await client.ask([names.api, names.apiInt]);
  if (api === undefined || apiInt === undefined) throw new Error('an answer is missing');
  return { from: 'here', servers: client.servers, api, apiInt, verdict: judgeDns(api, apiInt) };
}

/** What a clone of the template was told, as far as its build recorded these names. */
export function viewOfGuest(names: ReturnType<typeof apiNames>, dns: SealedDns | undefined): DnsView | undefined {
  const [api, apiInt] = [names.api, names.apiInt].map((name) => dns && answerInside(dns, name));
  if (api === undefined || apiInt === undefined) return undefined;
  return { from: 'guest', servers: [], api, apiInt, verdict: judgeDns(api, apiInt) };
}

/** That the two places have different DNS is no mistake by itself; it explains verdicts that differ. */
export function difference(here: DnsView, guest: DnsView): string | undefined {
  const other = (['api', 'apiInt'] as const).filter(
    (which) => here[which].addresses.join() !== guest[which].addresses.join(),
  );
  if (other.length === 0) return undefined;
  const told = (view: DnsView, which: 'api' | 'apiInt') => view[which].addresses.join(', ') || 'nothing';
  return other
    .map((which) => `${here[which].name} is ${told(here, which)} here and ${told(guest, which)} in the guest's network`)
    .join('; ');
}
