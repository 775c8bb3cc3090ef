import { z } from 'zod';
import { authorizedKey } from './authorized-key.ts';
import { hints, integer, pattern, secret, text } from './fields.ts';

/** How an SSH agent is reached; without `socket` by SSH_AUTH_SOCK. */
export interface AgentSource {
  readonly socket?: string | undefined;
}

/** `true`, or the path of a socket; `false` is the same as leaving it out. */
export function agent() {
  return z
    .union([z.boolean(), text('the path of a socket')])
    .register(hints, { expected: 'true, or the path of the socket of an SSH agent' })
    .transform((value): AgentSource | undefined => {
      if (typeof value === 'string') return { socket: value };
      return value ? {} : undefined;
    })
    .optional();
}

const HOST = /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$/;

export const bastionSchema = z
  .strictObject({
    host: pattern(HOST, {
      expected: 'a host name or an address',
      remedy: 'write the name alone: the account goes to user, the port to port',
    }).describe('Host name or address of the bastion.'),
    port: integer(1, 65535, 'a TCP port from 1 to 65535').default(22).describe('TCP port of its sshd.'),
    user: text('an account').describe('Account on the bastion.'),
    privateKey: secret()
      .optional()
      .describe('Private key of that account. Left out, and no `agent`: the same key as for Windows.'),
    passphrase: secret().optional().describe('Passphrase of that private key.'),
    agent: agent().describe('SSH agent that holds the key of that account, as `openssh.agent`.'),
    publicKey: authorizedKey()
      .optional()
      .describe(
        'Which key of `agent`, as `file:PATH` or literally. Left out: the first of `authorizedKeys` that it holds.',
      ),
    hostKeys: z
      .array(
        pattern(/^[^\r\n\0]*\S[^\r\n\0]*$/, {
          expected: 'an OpenSSH public key on one line',
          remedy: 'paste a line of ssh-keyscan without the host name, after its fingerprint was compared',
          hidden: true,
        }),
      )
      .min(1)
      .register(hints, { expected: 'a list of at least one public key' })
      .optional()
      .describe('Host keys that the bastion may show, each as `type base64`. Either this or `knownHosts`.'),
    knownHosts: text('the path of a known_hosts file')
      .optional()
      .describe('known_hosts file that has the bastion, relative to this file.'),
  })
  .describe('Jump host in front of Windows: its sshd forwards one TCP connection, and SSH to Windows runs through it.');
