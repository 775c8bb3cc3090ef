import { z } from 'zod';
import { SECRET_PATTERN, Secret } from '../secret.ts';
import { hints, pattern, secret, text } from './fields.ts';
import { language } from './media.ts';
import { networkSchema } from './network.ts';
import { sysprepSchema } from './sysprep.ts';
import { unattendSchema } from './unattend.ts';

const WINDOWS_VERSIONS = ['2019', '20H2', '2022', '2025'] as const;
export type WindowsVersion = (typeof WINDOWS_VERSIONS)[number];

/** Names as in the WIM (INSTALLATIONTYPE) and in the registry of the installed Windows (InstallationType). */
const INSTALLATION_TYPES = ['Server Core', 'Server'] as const;
export type InstallationType = (typeof INSTALLATION_TYPES)[number];

/** `kms`, `none` or a reference to a secret. */
function productKey() {
  return z
    .string()
    .regex(new RegExp(`^(kms|none)$|${SECRET_PATTERN.source}`))
    .register(hints, {
      expected: 'kms, none or a reference to a secret (env:NAME, file:PATH or exec:COMMAND)',
      remedy: 'put the key into an environment variable and refer to it, or leave productKey out',
      secret: true,
    })
    .transform((value): 'kms' | 'none' | Secret => (value === 'kms' || value === 'none' ? value : new Secret(value)));
}

const LOCALE_EXPECTED = 'a keyboard such as en-US or 0409:00000409';

export const windowsSchema = z
  .strictObject({
    version: z
      .enum(WINDOWS_VERSIONS)
      .register(hints, { expected: '2019, 20H2, 2022 or 2025', numeric: true })
      .describe('Windows Server version. 20H2 is Server Core only.'),
    edition: z.enum(['Standard', 'Datacenter']).default('Standard').describe('Edition.'),
    installationType: z
      .enum(INSTALLATION_TYPES)
      .default('Server Core')
      .register(hints, { expected: 'Server Core or Server (the one with Desktop Experience)' })
      .describe('`Server Core`, or `Server`: the one with Desktop Experience.'),
    productKey: productKey()
      .prefault('kms')
      .describe(
        "`kms`: Microsoft's public KMS client key of the edition. `none`: no key, as evaluation media need it. Or a reference to a secret.",
      ),
    computerName: z
      .string()
      .regex(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/)
      .max(15)
      .register(hints, {
        expected: 'a computer name of at most 15 letters, digits and hyphens (RFC 1123)',
        remedy: 'write a shorter or simpler name; every clone gets its own later',
        numeric: true,
      })
      .default('winhost')
      .describe('Computer name: at most 15 letters, digits and hyphens (RFC 1123), not only digits.'),
    organization: text('the name of an organization', 63).default('Organization').describe('Registered organization.'),
    owner: text('the name of an owner', 63).default('Owner').describe('Registered owner.'),
    timeZone: pattern(/^[A-Za-z0-9][A-Za-z0-9 .()+_-]*$/, {
      expected: "a Windows time zone such as UTC or 'W. Europe Standard Time'",
      remedy: 'see the list with: tzutil /l',
    })
      .default('UTC')
      .describe('Windows time zone (`tzutil /l`).'),
    locale: language().default('en-US').describe('System and user locale.'),
    inputLocale: pattern(/^([A-Za-z]{2,3}(-[A-Za-z]{4})?-[A-Za-z]{2}|[0-9A-Fa-f]{4}:[0-9A-Fa-f]{8})$/, {
      expected: LOCALE_EXPECTED,
    })
      .default('en-US')
      .describe('Keyboard: a language tag or `LANGUAGE:LAYOUT` in hexadecimal.'),
    uiLanguage: language().default('en-US').describe('Language of Windows; the ISO must hold it.'),
    administratorPassword: secret()
      .optional()
      .describe('Password of Administrator while the image is built. Left out: a random one a build.'),
    recoveryPartition: z.boolean().default(false).describe('A partition for Windows RE (1 GiB) before Windows.'),
    network: networkSchema('Addresses and DNS while the image is built. Left out: DHCP.'),
    sysprep: sysprepSchema,
    unattend: unattendSchema,
  })
  .describe('What is installed, and how it is named.');
