import { z } from 'zod';
import { hints, pattern, secret, text } from './fields.ts';
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

/**
 * Packages that come into a user's profile by themselves and that Sysprep then refuses: Edge updates itself in the middle
 * of a build (antifob/incus-windows#28), winget brings its index (microsoft/winget-cli#5599), Edge and the widgets their
 * parts (hashicorp/packer-plugin-azure#350). Nobody installed them, and a clone's first logon brings them back.
 */
const REMOVED_APPX = [
  'Microsoft.MicrosoftEdge.Stable',
  'Microsoft.Edge.GameAssist',
  'Microsoft.Winget.Source',
  'Microsoft.WidgetsPlatformRuntime',
];

const packageName = () =>
  pattern(/^[A-Za-z0-9][A-Za-z0-9.-]{2,49}$/, {
    expected: 'the name of an AppX package without its version, such as Microsoft.MicrosoftEdge.Stable',
  });

/** How Sysprep runs, and the answer file that it leaves in the template for the first start of a clone. */
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
    removeAppx: z
      .union([z.boolean(), z.array(packageName()).max(100)])
      .register(hints, { expected: 'true, false or a list of names of AppX packages' })
      .default(REMOVED_APPX)
      .describe(
        'AppX packages that a user has and that keep Sysprep from running: which of them ingot removes right before it. `true`: all. `false`: none, each is told.',
      ),
    ignoreErrors: z
      .array(text('a part of a line of setuperr.log', 200))
      .max(50)
      .default([])
      .describe(
        'Lines of setuperr.log that are harmless besides those that ingot knows: any part of such a line. Lines by which Sysprep gives up count all the same.',
      ),
    mode: z
      .enum(['vm'])
      .optional()
      .describe(
        '`vm`: Sysprep leaves the hardware as it is (`/mode:vm`), for clones on the same virtual hardware only. Not part of the procedure.',
      ),
  })
  .prefault({})
  .describe('Sysprep, and the first start of a clone.');
