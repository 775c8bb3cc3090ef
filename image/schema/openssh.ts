import { z } from 'zod';
import { hints, integer, secret, sha256, text } from './fields.ts';

/** A public key that may log in: from a file, or written in the image file. */
export type AuthorizedKey =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'key'; readonly key: string };

function authorizedKey() {
  return z
    .string()
    .regex(/^(file:[^\r\n\0]+|(?!file:)\S+ \S+[^\r\n\0]*)$/)
    .register(hints, {
      expected: 'file:PATH or an OpenSSH public key on one line',
      remedy: 'write file: and the path of the .pub file, or its one line',
      hidden: true,
    })
    .transform(
      (value): AuthorizedKey =>
        value.startsWith('file:') ? { kind: 'file', path: value.slice(5) } : { kind: 'key', key: value.trim() },
    );
}

export const opensshSchema = z
  .strictObject({
    source: z
      .enum(['capability', 'disc'])
      .default('capability')
      .describe('Where OpenSSH Server comes from: the Windows capability, or `archive` on the answer disc.'),
    archive: text('the path of a Win32-OpenSSH ZIP')
      .optional()
      .describe('Win32-OpenSSH ZIP, relative to this file; needed with `source: disc`.'),
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
    privateKey: secret().describe('Private key of one of them, in PEM or OpenSSH format; ingot logs in with it.'),
    passphrase: secret().optional().describe('Passphrase of the private key.'),
    port: integer(1, 65535, 'a TCP port from 1 to 65535').default(22).describe('TCP port of sshd.'),
  })
  .describe('OpenSSH Server in the image, and how ingot logs in.');
