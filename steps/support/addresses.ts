import { BlockList, isIP } from 'node:net';

/** What a guest has before it has an address: IPv4 and IPv6 link-local, the unspecified address, IPv6 loopback. */
const unusable = new BlockList();
unusable.addSubnet('169.254.0.0', 16);
unusable.addAddress('0.0.0.0');
unusable.addSubnet('fe80::', 10, 'ipv6');
unusable.addAddress('::', 'ipv6');
unusable.addAddress('::1', 'ipv6');

/** Whether an address that vCenter reports is one at which the guest can be reached. */
export function isReachable(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !unusable.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** The address to use: the first reachable IPv4 one, otherwise the first reachable IPv6 one. */
export function pickAddress(addresses: readonly string[]): string | undefined {
  const usable = addresses.filter(isReachable);
  return usable.find((address) => isIP(address) === 4) ?? usable[0];
}
