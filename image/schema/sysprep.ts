import { z } from 'zod';
import { hints, secret, text } from './fields.ts';
import { networkSchema } from './network.ts';

const domain = () => text('the name of a domain such as example.com');

const domainJoin = z
  .strictObject({
    domain: domain().optional().describe('Domain to join; with `credentials` or `machinePassword`.'),
    organizationalUnit: text('a distinguished name such as OU=Nodes,DC=example,DC=com', 1024)
      .optional()
      .describe("Where the computer's account is made. Left out: where the domain makes them."),
    credentials: z
      .strictObject({
        username: text('an account that may add computers').describe(
          'Account that may add computers: `joiner`, `joiner@example.com` or `EXAMPLE\\joiner`.',
        ),
        password: secret().describe(
          'Its password. It stands in the answer file in plain text: Windows knows no other form.',
        ),
        domain: domain().optional().describe('Domain of the account, where the user name does not say it.'),
      })
      .optional()
      .describe('Join with an account.'),
    machinePassword: secret()
      .optional()
      .describe('Join with the password of a computer account that is there already.'),
    accountData: secret()
      .optional()
      .describe('Join with what `djoin.exe /provision` wrote: for one computer name only.'),
    workgroup: text('the name of a workgroup', 15).optional().describe('Join a workgroup.'),
  })
  .optional()
  .describe('What a clone joins, in exactly one of four ways. Left out: nothing.');

/** The answer file that Sysprep leaves in the template, for the first start of a clone. */
export const sysprepSchema = z
  .strictObject({
    computerName: z
      .string()
      .regex(/^(\*|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)$/)
      .max(15)
      .register(hints, {
        expected: 'a computer name of at most 15 letters, digits and hyphens (RFC 1123), or *',
        numeric: true,
      })
      .optional()
      .describe('Computer name of a clone; `*`: Windows invents one. Left out: `windows.computerName`.'),
    extendOsPartition: z
      .boolean()
      .default(false)
      .describe('Windows takes the rest of a larger disk when a clone starts first.'),
    network: networkSchema('Addresses and DNS of a clone. Left out: DHCP.'),
    domainJoin,
  })
  .prefault({})
  .describe('The first start of a clone.');
