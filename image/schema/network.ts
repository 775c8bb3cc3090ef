import { isIP } from 'node:net';
import { z } from 'zod';
import { hints, text } from './fields.ts';

/** `192.0.2.10/24`, `2001:db8::10/64`. */
export function prefix() {
  return z
    .string()
    .regex(/^[0-9A-Fa-f:.]+\/\d{1,3}$/)
    .refine((value) => {
      const [address = '', length] = value.split('/');
      const family = isIP(address);
      return family !== 0 && Number(length) <= (family === 4 ? 32 : 128);
    })
    .register(hints, { expected: 'an address with prefix length such as 192.0.2.10/24' });
}

export function ipAddress() {
  return z
    .string()
    .regex(/^[0-9A-Fa-f:.]+$/)
    .refine((value) => isIP(value) !== 0)
    .register(hints, { expected: 'an IP address such as 192.0.2.1' });
}

export function domainName() {
  return z
    .string()
    .regex(/^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/)
    .max(253)
    .register(hints, { expected: 'a DNS domain such as example.com' });
}

const networkInterface = z.strictObject({
  identifier: text('the MAC address or alias of a network adapter')
    .register(hints, { expected: 'the MAC address or alias of a network adapter', numeric: true })
    .describe(
      'Which adapter: its MAC address, or its alias such as `Ethernet0`. Where there are several, only MAC addresses are certain.',
    ),
  addresses: z.array(prefix()).optional().describe('Static addresses with prefix length. Left out: from DHCP.'),
  gateways: z.array(ipAddress()).optional().describe('Default gateways, at most one of IPv4 and one of IPv6.'),
  dnsServers: z.array(ipAddress()).optional().describe('DNS servers, in the order in which they are asked.'),
  dnsSuffix: domainName().optional().describe('DNS suffix of this connection.'),
});

/** Addresses and DNS in an answer file. Field names as in unattend/. */
export function networkSchema(description: string) {
  return z
    .strictObject({
      interfaces: z
        .array(networkInterface)
        .max(10)
        .register(hints, { expected: 'a list of at most 10 network adapters' })
        .optional()
        .describe('Network adapters with settings of their own.'),
      dnsSuffix: domainName().optional().describe('Primary DNS suffix.'),
      dnsSuffixes: z
        .array(domainName())
        .optional()
        .describe('DNS suffixes that are tried for short names, in this order.'),
    })
    .optional()
    .describe(description);
}
