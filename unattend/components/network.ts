import { isIP } from 'node:net';
import { IngotError } from '../../common/failure.ts';
import type { PassTree, SettingTree } from '../settings.ts';

/** One network interface with addresses of its own. */
export interface NetworkInterface {
  /**
   * Which one: its MAC address (any separator), or its alias such as `Ethernet0`. With several of one kind aliases are
   * not certain to be the same in every installation; MAC addresses are.
   */
  readonly identifier: string;
  /** Addresses with prefix length, such as `192.0.2.10/24` or `2001:db8::10/64`; left out: DHCP. */
  readonly addresses?: readonly string[] | undefined;
  /** Default gateways, at most one a family. */
  readonly gateways?: readonly string[] | undefined;
  /** In the order in which they are asked. */
  readonly dnsServers?: readonly string[] | undefined;
  /** DNS suffix of this connection. */
  readonly dnsSuffix?: string | undefined;
}

export interface NetworkOptions {
  readonly interfaces?: readonly NetworkInterface[] | undefined;
  /** Primary DNS suffix. */
  readonly dnsSuffix?: string | undefined;
  /** Suffixes that are tried for short names, in this order. */
  readonly dnsSuffixes?: readonly string[] | undefined;
}

const DEFAULT_ROUTE = { 4: '0.0.0.0/0', 6: '::/0' } as const;

/**
 * Microsoft-Windows-TCPIP and Microsoft-Windows-DNS-Client in specialize: static addresses, gateways and DNS.
 * Source: Unattended Windows Setup Reference. Windows asks for this order of the settings: Ipv4Settings, Ipv6Settings,
 * Identifier, UnicastIpAddresses, Routes; in a Route Identifier, Metric, NextHopAddress, Prefix.
 *
 * @throws IngotError `unattend.network` for an address, a prefix or an identifier that is none
 */
export function networkSettings({ interfaces = [], dnsSuffix, dnsSuffixes = [] }: NetworkOptions): PassTree {
  const addressed = interfaces.filter(({ addresses = [], gateways = [] }) => addresses.length + gateways.length > 0);
  const named = interfaces.filter(({ dnsServers = [], dnsSuffix: own }) => dnsServers.length > 0 || own !== undefined);
  const dns: SettingTree = {
    DNSDomain: dnsSuffix,
    DNSSuffixSearchOrder: dnsSuffixes.length === 0 ? undefined : { DomainName: dnsSuffixes },
    Interfaces: named.length === 0 ? undefined : { Interface: named.map(dnsInterface) },
  };
  return {
    specialize: {
      ...(addressed.length === 0
        ? {}
        : { 'Microsoft-Windows-TCPIP': { Interfaces: { Interface: addressed.map(tcpInterface) } } }),
      ...(Object.values(dns).every((value) => value === undefined) ? {} : { 'Microsoft-Windows-DNS-Client': dns }),
    },
  };
}

function tcpInterface(options: NetworkInterface): SettingTree {
  const { addresses = [], gateways = [] } = options;
  const families = new Set(addresses.map((address) => familyOfPrefix(address)));
  const fixed = (family: 4 | 6) => (families.has(family) ? { DhcpEnabled: false } : undefined);
  return {
    Ipv4Settings: fixed(4),
    Ipv6Settings: fixed(6),
    Identifier: identifierOf(options.identifier),
    UnicastIpAddresses: addresses.length === 0 ? undefined : { IpAddress: addresses },
    Routes: gateways.length === 0 ? undefined : { Route: gateways.map(route) },
  };
}

function route(gateway: string, index: number): SettingTree {
  return { Identifier: index + 1, NextHopAddress: gateway, Prefix: DEFAULT_ROUTE[familyOf(gateway)] };
}

function dnsInterface({ identifier, dnsServers = [], dnsSuffix }: NetworkInterface): SettingTree {
  for (const server of dnsServers) familyOf(server);
  return {
    Identifier: identifierOf(identifier),
    DNSDomain: dnsSuffix,
    DNSServerSearchOrder: dnsServers.length === 0 ? undefined : { IpAddress: dnsServers },
  };
}

/** MAC addresses as Windows writes them: two digits each, hyphens between. */
function identifierOf(identifier: string): string {
  const digits = identifier.replace(/[:.-]/g, '');
  if (/^([0-9A-Fa-f]{2}[:.-]?){6}$/.test(identifier) || /^([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}$/.test(identifier)) {
    return (digits.toUpperCase().match(/../g) ?? []).join('-');
  }
  if (identifier.trim() === '') throw wrong('the MAC address or alias of a network interface', identifier);
  return identifier;
}

function familyOfPrefix(prefix: string): 4 | 6 {
  const [address = '', length = '', ...rest] = prefix.split('/');
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > longest) {
    throw wrong('an address with prefix length such as 192.0.2.10/24', prefix);
  }
  return family === 4 ? 4 : 6;
}

function familyOf(address: string): 4 | 6 {
  const family = isIP(address);
  if (family === 0) throw wrong('an IP address such as 192.0.2.1', address);
  return family === 4 ? 4 : 6;
}

function wrong(expected: string, found: string): IngotError {
  return new IngotError('unattend.network', `Expected ${expected}, found “${found}”`, { remedy: 'Correct it.' });
}
