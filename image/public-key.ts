import { mpintBits, sshStrings } from '../common/ssh-wire.ts';

/** What a public key line is, or why it is none. */
export type KeyCheck =
  | { readonly type: string; readonly bits: number }
  | { readonly found: string; readonly weak: boolean };

const CURVES: Readonly<Record<string, number>> = { nistp256: 256, nistp384: 384, nistp521: 521 };
const MINIMUM_RSA = 2048;

/**
 * Checks one line of authorized_keys: type, base64, comment. Weak keys (DSA, RSA below 2048 bits) are refused, as the
 * Windows Machine Config Operator and newer OpenSSH refuse them.
 * Source: RFC 4253 section 6.6, RFC 5656, RFC 8709.
 */
export function checkPublicKey(line: string): KeyCheck {
  const [type = '', base64 = ''] = line.trim().split(/[ \t]+/);
  if (type.startsWith('-----BEGIN')) {
    return bad(type.includes('PUBLIC') || /PUBLIC/.test(line) ? 'a public key in PEM format' : 'a private key');
  }
  if (type === 'ssh-dss') return { found: 'a DSA key', weak: true };
  if (!/^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp(256|384|521))$/.test(type)) return bad('another type of key, or options');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) return bad('a key that is cut or not base64');
  const fields = sshStrings(Buffer.from(base64, 'base64'));
  if (fields === undefined) return bad('a key that is cut');
  if (fields[0]?.toString('latin1') !== type) return bad(`a key of another type than ${type}`);
  return checkFields(type, fields.slice(1));
}

function checkFields(type: string, fields: readonly Buffer[]): KeyCheck {
  const [first, second] = fields;
  if (type === 'ssh-ed25519') {
    return fields.length === 1 && first?.length === 32 ? { type, bits: 256 } : bad('an Ed25519 key of a wrong length');
  }
  if (fields.length !== 2 || first === undefined || second === undefined) return bad('a key with missing parts');
  if (type === 'ssh-rsa') {
    const bits = mpintBits(second);
    return bits < MINIMUM_RSA ? { found: `an RSA key of ${bits} bits`, weak: true } : { type, bits };
  }
  const curve = first.toString('latin1');
  const bits = CURVES[curve];
  if (bits === undefined || type !== `ecdsa-sha2-${curve}`) return bad('an ECDSA key of another curve');
  const length = 1 + 2 * Math.ceil(bits / 8);
  return second.length === length && second[0] === 4 ? { type, bits } : bad('an ECDSA key of a wrong length');
}

function bad(found: string): KeyCheck {
  return { found, weak: false };
}
