import { z } from 'zod';
import { duration, hints, optionalText, pattern, secret } from './fields.ts';

/** A reference that is not marked as one would go out as it is written. */
const headerValue = z
  .union([
    z.string().regex(/^(?!(env|file|exec):)(?=.*\S)[^\r\n\0]{1,1000}$/),
    z
      .strictObject({ secret: secret().describe('Where the secret is found.') })
      .transform(({ secret: reference }) => reference),
  ])
  .register(hints, {
    expected: 'text of at most 1000 characters, or {secret: REFERENCE}',
    remedy: 'write {secret: env:NAME} for what is a secret',
    hidden: true,
  });

export const webhookSchema = z
  .strictObject({
    url: pattern(/^[Hh][Tt][Tt][Pp][Ss]:\/\/[^\s/@]+(\/\S*)?$/, {
      expected: 'an https URL without credentials',
      remedy: 'credentials go into authorization',
      hidden: true,
    }).describe('Where the result is posted to as JSON. Its path is never shown: it may be what lets one in.'),
    secret: secret()
      .optional()
      .describe('What `X-Ingot-Signature-256` is made with: `sha256=` and the HMAC-SHA256 of the body in hexadecimal.'),
    authorization: secret().optional().describe('The header Authorization, such as `Bearer …`.'),
    headers: z
      .record(
        z
          .string()
          .regex(
            /^(?!(?:[Xx]-[Ii]ngot-.*|[Cc]ontent-.*|[Hh]ost|[Aa]uthorization|[Tt]ransfer-[Ee]ncoding|[Cc]onnection)$)[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
          )
          .register(hints, { expected: 'the name of an HTTP header that ingot does not set itself' }),
        headerValue,
      )
      .register(hints, { expected: 'values of HTTP headers by their name' })
      .default({})
      .describe('More headers. `{secret: env:NAME}` stands for a value that is a secret, such as a token.'),
    caFile: optionalText('the path of a PEM file').describe(
      "CA certificates (PEM) for that server beside the system's, relative to this file.",
    ),
    timeout: duration()
      .prefault('2m')
      .describe('How long the delivery is tried: 429, 5xx and connections that fail are tried again until then.'),
  })
  .describe('Who is told that a template was published. A template is told once.');
export type PublishWebhook = z.output<typeof webhookSchema>;
