import { hkdf, randomInt, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const classes = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnpqrstuvwxyz', '23456789', '-_.+=:'];
const LENGTH = 24;

/**
 * A random password of 24 characters that Windows' complexity rule accepts (one of each of four classes), without
 * characters that are alike or that a shell or XML treats specially.
 */
export function randomPassword(): string {
  return passwordFrom(randomInt);
}

export interface DerivedFrom {
  readonly secret: string;
  /** The secret is one that a person chose: guessing it is made expensive. */
  readonly guessable: boolean;
  /** Random for each VM; no secret. Hexadecimal. */
  readonly salt: string;
  /** Another purpose, another password: `installation`. */
  readonly purpose: string;
}

/**
 * A password of the same make that whoever has the secret and the salt can make again: HKDF with SHA-256 (RFC 5869). The
 * hash of a password lies in each disk that has it, and may be tried against guesses of the secret: a guessable one goes
 * through scrypt first (RFC 7914, 32 MiB a guess).
 */
export async function derivedPassword({ secret, guessable, salt, purpose }: DerivedFrom): Promise<string> {
  const bytes = Buffer.from(salt, 'hex');
  const key = guessable ? await stretched(secret, bytes) : Buffer.from(secret, 'utf8');
  // Some hundreds of numbers below 256, of which about fifty are used; those that would favour a character are left out.
  const stream = new Uint8Array(await promisify(hkdf)('sha256', key, bytes, `ingot ${purpose}`, 1024));
  let at = 0;
  return passwordFrom((below) => {
    for (;;) {
      const value = stream[at++];
      if (value === undefined) throw new RangeError('the stream of a derived password is used up');
      if (value < 256 - (256 % below)) return value % below;
    }
  });
}

function stretched(secret: string, salt: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 };
  scrypt(secret, salt, 32, cost, (error, key) => (error === null ? resolve(key) : reject(error)));
  return promise;
}

/** Kinds of characters as Windows counts them; what is no letter and no digit is taken for a special one. */
const KINDS = [/\p{Lu}/u, /\p{Ll}/u, /[0-9]/, /[^\p{L}0-9]/u, /[\p{Lo}\p{Lm}\p{Lt}]/u];

/**
 * What “Password must meet complexity requirements”, which Windows Server has on, finds wrong with a password; undefined
 * if nothing. The words hold nothing of the password. Source: Microsoft Learn, the policy of that name.
 */
export function tooSimple(password: string, username: string): string | undefined {
  if (KINDS.filter((kind) => kind.test(password)).length < 3) return 'fewer kinds';
  // Names of one or two characters are not looked for.
  const named = username.length >= 3 && password.toLowerCase().includes(username.toLowerCase());
  return named ? `the name ${username} in it` : undefined;
}

/** @param random a number from 0 to below its argument, each as likely */
function passwordFrom(random: (below: number) => number): string {
  const all = classes.join('');
  const pick = (from: string): string => from.charAt(random(from.length));
  const characters = [...classes.map(pick), ...Array.from({ length: LENGTH - classes.length }, () => pick(all))];
  for (let i = characters.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [characters[i], characters[j]] = [characters[j] ?? '', characters[i] ?? ''];
  }
  return characters.join('');
}
