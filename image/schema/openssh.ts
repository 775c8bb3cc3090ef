import { z } from 'zod';
import { authorizedKey } from './authorized-key.ts';
import { hints, integer, pattern, secret, sha256, text } from './fields.ts';
import { agent, bastionSchema } from './ssh-login.ts';

export type { AuthorizedKey } from './authorized-key.ts';

/** Ways to OpenSSH Server. */
const OPENSSH_SOURCES = ['capability', 'features-on-demand', 'archive'] as const;
export type OpensshSource = (typeof OPENSSH_SOURCES)[number];

/** Keywords that have a field of their own, or that no single line says all of. */
const NO_OPTION = /^(port|match|include|subsystem|hostkey|authorizedkeysfile)$/i;

/** Options of sshd_config by their keyword. Which keywords there are is for the sshd in the image to say. */
function sshdConfig() {
  const expected = 'options of sshd_config by their keyword, each a text, a number or true/false';
  return z
    .record(
      // As they are written usually; other cases are caught below, where an editor does not see them.
      z
        .string()
        .regex(/^(?!(Port|Match|Include|Subsystem|HostKey|AuthorizedKeysFile)$)[A-Za-z][A-Za-z0-9]*$/)
        .register(hints, {
          expected: 'a keyword of sshd_config that is not Port, Match or what Windows needs as it is',
        }),
      z.union([z.string().regex(/^[^\r\n\0]*\S[^\r\n\0]*$/), z.number(), z.boolean()]),
    )
    .refine((options) => Object.keys(options).every((name) => !NO_OPTION.test(name)))
    .register(hints, {
      expected,
      remedy:
        'the port is openssh.port; Match, Include, Subsystem, HostKey and AuthorizedKeysFile stay as Windows has them',
    })
    .transform((options) =>
      Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          name,
          typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value).trim(),
        ]),
      ),
    );
}

export const opensshSchema = z
  .strictObject({
    sources: z
      .array(z.enum(OPENSSH_SOURCES))
      .min(1)
      .register(hints, { expected: `a list of ${OPENSSH_SOURCES.join(', ')}` })
      .optional()
      .describe(
        'Where OpenSSH Server comes from, the first that works: the capability from Windows Update, the same from `featuresOnDemand`, or `archive`. Left out: capability, and then those of the two that are named. Windows Server 2025 brings it.',
      ),
    featuresOnDemand: text('the path of a folder or CAB file')
      .optional()
      .describe(
        'Folder (or the one file) with `OpenSSH-Server-Package~31bf3856ad364e35~amd64~~.cab` of the Features on Demand of this Windows version, relative to this file. It goes onto the answer disc.',
      ),
    archive: text('the path of a Win32-OpenSSH ZIP')
      .optional()
      .describe(
        'Win32-OpenSSH ZIP, relative to this file. It goes onto the answer disc, and Windows checks its SHA-256.',
      ),
    sha256: sha256().optional().describe('SHA-256 that `archive` must have.'),
    authorizedKeys: z
      .array(authorizedKey())
      .min(1)
      .register(hints, {
        expected: 'a list of at least one public key',
        remedy: "give the node administrator's public key as file:PATH or literally",
      })
      .describe(
        "Public keys that log in as Administrator, as `file:PATH` or literally. For OpenShift: the operator's key.",
      ),
    privateKey: secret()
      .optional()
      .describe(
        'Private key of one of them (Ed25519, ECDSA or RSA), in PEM or OpenSSH format; ingot logs in with it. Either this or `agent`.',
      ),
    passphrase: secret().optional().describe('Passphrase of the private key.'),
    agent: agent().describe(
      'SSH agent that holds the private key of one of them: `true` for the one that SSH_AUTH_SOCK names, or the path of its socket, relative to this file. No other key of it is offered.',
    ),
    port: integer(1, 65535, 'a TCP port from 1 to 65535').default(22).describe('TCP port of sshd.'),
    bastion: bastionSchema.optional(),
    username: pattern(/^[^"/\\[\]:;|=,+*?<>@\s]{1,20}$/, { expected: 'the name of a Windows account' })
      .default('Administrator')
      .describe(
        "Name of the built-in administrator (RID 500): ingot logs in with it. Media in some languages name it otherwise, as `Administrateur`; OpenShift's operator expects `Administrator`.",
      ),
    sshdConfig: sshdConfig()
      .default({})
      .describe(
        'Global options of `sshd_config`, as `PasswordAuthentication: "no"`. All other lines stay. sshd itself checks the file before it is used. Left out, passwords stay allowed, as Windows has it: ingot and the operator log in by key, but it is for you to lock out who has only a password. `Port`, `Match` and `Include` have no place here.',
      ),
  })
  .describe('OpenSSH Server in the image, and how ingot logs in.');
