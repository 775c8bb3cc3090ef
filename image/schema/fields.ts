import { z } from 'zod';
import { SECRET_PATTERN, Secret } from '../secret.ts';
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from '../units.ts';

/** What a problem says about a field whose value does not fit. */
export interface Hint {
  /** Completes "expected …". */
  readonly expected: string;
  /** What to do, if it is more than writing what was expected. */
  readonly remedy?: string;
  /** The value may be a secret that was written in clear: it is never printed. */
  readonly secret?: boolean;
  /** Likely to hold something that is not for the terminal when it is wrong: its text is not printed. */
  readonly hidden?: boolean;
  /** Numbers are welcome too and are read as they are written: `2022`, `27.10`. The JSON Schema says so. */
  readonly numeric?: boolean;
}

/** Hints by schema. A field's copies (described, defaulted) share the hint of what they were made from. */
export const hints = z.registry<Hint>();

/** Non-empty text on one line. */
export function text(expected: string, maximum = 255) {
  return z
    .string()
    .regex(/^[^\r\n\0]*\S[^\r\n\0]*$/)
    .max(maximum)
    .register(hints, { expected });
}

/** Text by a pattern. */
export function pattern(regex: RegExp, hint: Hint) {
  return z.string().regex(regex).register(hints, hint);
}

/** Text that may be left empty, which is the same as leaving it out. */
export function optionalText(expected: string) {
  return z
    .string()
    .regex(/^[^\r\n\0]*$/)
    .register(hints, { expected })
    .transform((value) => (value === '' ? undefined : value))
    .optional();
}

/** A whole number between two bounds, both allowed. */
export function integer(minimum: number, maximum: number, expected = `a whole number from ${minimum} to ${maximum}`) {
  return z.int().min(minimum).max(maximum).register(hints, { expected });
}

/** `60GiB`; bytes once read. */
export function size() {
  return z
    .string()
    .regex(SIZE_PATTERN)
    .register(hints, {
      expected: 'a size such as 60GiB',
      remedy: 'write a number and one of the units KiB, MiB, GiB, TiB',
    })
    .transform((value) => parseSize(value) ?? 0);
}

const LONGEST = 7 * 86_400_000;

/** `45m`, `1h30m`; milliseconds once read. */
export function duration() {
  return z
    .string()
    .regex(DURATION_PATTERN)
    .refine((value) => {
      const milliseconds = parseDuration(value);
      return milliseconds === undefined || (milliseconds > 0 && milliseconds <= LONGEST);
    })
    .register(hints, {
      expected: 'a duration such as 45m or 1h30m, at most 7d',
      remedy: 'write numbers with the units d, h, m, s, ms, the largest first',
    })
    .transform((value) => parseDuration(value) ?? 0);
}

/** A reference to a secret. */
export function secret() {
  return z
    .string()
    .regex(SECRET_PATTERN)
    .register(hints, {
      expected: 'a reference to a secret (env:NAME, file:PATH or exec:COMMAND)',
      remedy: 'keep the secret out of the file: put it into an environment variable, a file or a password manager',
      secret: true,
    })
    .transform((value) => new Secret(value));
}

/** SHA-256 in hexadecimal, lower case once read. */
export function sha256() {
  return z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/)
    .register(hints, { expected: 'a SHA-256 of 64 hexadecimal digits', numeric: true })
    .transform((value) => value.toLowerCase());
}

/** A version such as `20.10.9`. */
export function version() {
  return pattern(/^\d+(\.\d+){0,3}([-+][0-9A-Za-z.-]+)?$/, { expected: 'a version such as 20.10.9', numeric: true });
}

/** RFC 1123 label with room for a longer name: lower case letters, digits and hyphens. */
export function label(maximum = 63) {
  return z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    .max(maximum)
    .register(hints, {
      expected: `a name of at most ${maximum} lower case letters, digits and hyphens (RFC 1123)`,
      numeric: true,
    });
}

/** The name of an inventory object: vSphere allows fewer than 80 characters. */
export function inventoryName(maximum = 79) {
  return z
    .string()
    .regex(/^[^\r\n\0]*\S[^\r\n\0]*$/)
    .max(maximum)
    .register(hints, { expected: `a name of 1 to ${maximum} characters`, numeric: true });
}
