import { z } from 'zod';
import { hints } from './fields.ts';

/** A public key that may log in: from a file, or written in the image file. */
export type AuthorizedKey =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'key'; readonly key: string };

/** `file:PATH`, or the key on one line. */
export function authorizedKey() {
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
