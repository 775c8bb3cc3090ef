import { z } from 'zod';
import { integer, text } from './fields.ts';

export const firewallRuleSchema = z.strictObject({
  name: text('the name of a rule', 127).describe('Display name; one rule a name.'),
  port: integer(1, 65535, 'a port from 1 to 65535').describe('Local port.'),
  protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Protocol.'),
});

export const firewallSchema = z
  .strictObject({
    rules: z
      .array(firewallRuleSchema)
      .prefault([{ name: 'ContainerLogsPort', port: 10250, protocol: 'TCP' }])
      .describe(
        'Inbound ports that are allowed, in all profiles. A list of your own replaces the default, which OpenShift needs for container logs.',
      ),
  })
  .prefault({})
  .describe('Windows Firewall.');
