import { z } from 'zod';
import { optionalText, pattern, secret, text } from './fields.ts';

const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?$/;

/** SHA-256 of the certificate, with or without colons; upper case with colons once read; empty is the same as left out. */
function thumbprint() {
  return pattern(/^(([Ss][Hh][Aa]256:)?([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2})?$/, {
    expected: 'the SHA-256 thumbprint of a certificate (32 bytes in hexadecimal)',
    remedy: 'read it with: openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256',
  })
    .transform((value) =>
      value === ''
        ? undefined
        : (value
            .replace(/^sha256:/i, '')
            .replaceAll(':', '')
            .toUpperCase()
            .match(/../g)
            ?.join(':') ?? undefined),
    )
    .optional();
}

export const vcenterSchema = z
  .strictObject({
    server: pattern(HOST, {
      expected: 'a host name or address, with :PORT if it is not 443',
      remedy: 'leave out https:// and any path',
    }).describe('Host name or address of vCenter, with `:PORT` if it is not 443.'),
    username: text('an account such as ingot@vsphere.local').describe('Account that builds.'),
    password: secret().describe('Its password.'),
    caFile: optionalText('the path of a PEM file').describe(
      "PEM file of the CA that signed vCenter's certificate, relative to this file. Empty or left out: the system's roots.",
    ),
    thumbprint: thumbprint().describe(
      'SHA-256 thumbprint of the one certificate that is accepted, with or without colons. Empty or left out: not pinned.',
    ),
    insecure: z
      .boolean()
      .default(false)
      .describe('Accept any certificate on this connection. For labs only; each build warns about it.'),
  })
  .describe('The vCenter that builds the image, and how its identity is proven.');
