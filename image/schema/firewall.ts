import { z } from 'zod';
import { hints, integer, pattern, text } from './fields.ts';

const PROFILES = ['Domain', 'Private', 'Public'] as const;

/** One port, or a range of them as `5000-5010`. */
function ports() {
  return z
    .union([integer(1, 65535, 'a port from 1 to 65535'), z.string().regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/)])
    .refine((value) => {
      const [from = 0, to = 0] = String(value).split('-').map(Number);
      return typeof value === 'number' || (from < to && to <= 65535);
    })
    .register(hints, { expected: 'a port from 1 to 65535, or a range such as 5000-5010' });
}

/** An address, a network, a range, or one of the names that New-NetFirewallRule has for -RemoteAddress. */
function remoteAddress() {
  return pattern(
    /^(LocalSubnet|DNS|DHCP|WINS|DefaultGateway|[0-9A-Fa-f:.]*[0-9A-Fa-f:][0-9A-Fa-f:.]*(\/\d{1,3}|-[0-9A-Fa-f:.]+)?)$/,
    { expected: 'an address, a network such as 10.0.0.0/8, a range such as 10.0.0.1-10.0.0.9, or LocalSubnet' },
  );
}

const firewallRuleSchema = z.strictObject({
  name: text('the name of a rule', 127).describe('Display name; one rule a name.'),
  port: ports().describe('Local port, or a range of them.'),
  protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Protocol.'),
  direction: z.enum(['Inbound', 'Outbound']).default('Inbound').describe('Direction.'),
  action: z.enum(['Allow', 'Block']).default('Allow').describe('What happens to what fits the rule.'),
  profiles: z
    .array(z.enum(PROFILES))
    .min(1)
    .register(hints, { expected: 'a list of Domain, Private, Public' })
    .optional()
    .describe(
      'Network profiles that it holds in. Left out: any, since the category of a network does not survive into clones.',
    ),
  remoteAddresses: z
    .array(remoteAddress())
    .min(1)
    .register(hints, { expected: 'a list of at least one address' })
    .optional()
    .describe('Addresses at the other end. Left out: any.'),
  program: text('the path of a program in Windows', 1024)
    .optional()
    .describe('Program in Windows that it holds for, such as `%SystemRoot%\\System32\\svchost.exe`. Left out: any.'),
});

export const firewallSchema = z
  .strictObject({
    rules: z
      .array(firewallRuleSchema)
      .prefault([{ name: 'ContainerLogsPort', port: 10250, protocol: 'TCP' }])
      .describe(
        'Rules of Windows Firewall; each is the only one of its name afterwards. A list of your own replaces the default, which OpenShift needs for container logs; from OpenShift 4.12 it also wants `WindowsExporter` on 9182.',
      ),
  })
  .prefault({})
  .describe('Windows Firewall.');
