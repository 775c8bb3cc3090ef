import { z } from 'zod';
import { duration, hints, inventoryName, pattern, secret, text } from './fields.ts';
import { domainName, ipAddress, prefix } from './network.ts';

/** Windows' own rules for a computer name; not only digits, which a rule checks. */
function computerName() {
  return z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/)
    .max(15)
    .register(hints, {
      expected: 'a computer name of at most 15 letters, digits and hyphens (RFC 1123)',
      numeric: true,
    });
}

const nic = z.strictObject({
  address: prefix().optional().describe('Static IPv4 address with prefix length. Left out: DHCP.'),
  gateways: z.array(ipAddress()).max(5).optional().describe('Default gateways, with a static address.'),
  dnsServers: z.array(ipAddress()).max(5).optional().describe('DNS servers of this NIC.'),
  dnsDomain: domainName().optional().describe('DNS suffix of this NIC.'),
});

/**
 * Guest customization by vCenter: Sysprep of the clone of the source when it starts first. Either a specification that
 * vCenter keeps, or the fields of one.
 */
export const customizationSchema = z
  .strictObject({
    spec: inventoryName()
      .optional()
      .describe(
        'Name of a customization specification in vCenter (Policies and Profiles). Then nothing else but `timeout`.',
      ),
    computerName: computerName().optional().describe('Computer name. Left out: `windows.computerName`.'),
    organization: text('the name of an organization', 63).optional().describe('Left out: `windows.organization`.'),
    owner: text('the name of an owner', 63).optional().describe('Left out: `windows.owner`.'),
    timeZone: pattern(/^[A-Za-z0-9][A-Za-z0-9 .()+_-]*$/, { expected: 'a Windows time zone such as UTC' })
      .optional()
      .describe('Windows time zone, of those that have an index in vSphere. Left out: `windows.timeZone`.'),
    password: secret()
      .optional()
      .describe(
        'Password that Administrator gets. Left out: `windows.administratorPassword`, which the file then needs.',
      ),
    productKey: secret().optional().describe('Product key. Left out: the one that Windows has.'),
    workgroup: text('the name of a workgroup', 15).optional().describe('Workgroup to join. Left out: WORKGROUP.'),
    domain: z
      .strictObject({
        name: domainName().describe('Domain to join.'),
        username: text('an account that may add computers').describe('Account that may add computers.'),
        password: secret().describe('Its password.'),
      })
      .optional()
      .describe(
        'Domain to join, in place of a workgroup. Sysprep refuses to seal a member of a domain: leave it again in a step.',
      ),
    nics: z
      .array(nic)
      .max(10)
      .register(hints, { expected: 'a list of at most 10 NICs' })
      .default([])
      .describe('Addresses, one entry a NIC in the order of `placement.network` and `hardware.nics`. Left out: DHCP.'),
    dnsSuffixes: z.array(domainName()).max(10).default([]).describe('DNS suffixes for short names.'),
    runOnce: z
      .array(text('a command line', 1024))
      .max(50)
      .default([])
      .describe('Commands at the first logon, which Administrator then does once by itself.'),
    timeout: duration().prefault('45m').describe('How long vCenter’s Sysprep may take, restarts included.'),
  })
  .describe('Guest customization by vCenter (Sysprep) of the clone of the source. Left out: none.');
