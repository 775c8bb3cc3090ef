import { isIPv4, isIPv6 } from 'node:net';
import type { Finding, Path } from '../problem.ts';
import type { Part, Rule } from './rule.ts';

type Network = NonNullable<Part['windows']>['network'];

/** Each adapter once, and at most one default gateway a family. */
export const networks: Rule = ({ windows }) => [
  ...findings(windows?.network, ['windows', 'network']),
  ...findings(windows?.sysprep?.network, ['windows', 'sysprep', 'network']),
];

function findings(network: Network, above: Path): Finding[] {
  const seen = new Set<string>();
  return (network?.interfaces ?? []).flatMap((adapter, index): Finding[] => {
    const path = [...above, 'interfaces', index];
    const found: Finding[] = [];
    const identifier = plain(adapter?.identifier ?? '');
    if (identifier !== '' && seen.has(identifier)) {
      found.push({
        path: [...path, 'identifier'],
        code: 'windows.network',
        expected: 'each network adapter once',
        found: 'one a second time',
        remedy: 'put its settings together',
      });
    }
    seen.add(identifier);
    for (const [family, isOfFamily] of [['IPv4', isIPv4] as const, ['IPv6', isIPv6] as const]) {
      const gateways = (adapter?.gateways ?? []).filter((gateway) => gateway !== undefined && isOfFamily(gateway));
      if (gateways.length < 2) continue;
      found.push({
        path: [...path, 'gateways'],
        code: 'windows.network',
        expected: `at most one default gateway of ${family}`,
        found: String(gateways.length),
        remedy: 'remove the others',
      });
    }
    return found;
  });
}

/** Windows knows an adapter by either of both spellings of its MAC address, and by its alias in any case. */
function plain(identifier: string): string {
  const mac = identifier.replace(/[:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(mac) ? mac : identifier.toLowerCase();
}
