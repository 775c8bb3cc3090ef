import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import { SshReader, writeSshStrings } from '../common/ssh-wire.ts';

/** What OpenSSH's own format holds, or why it is not what it should be. */
export type OpensshKey =
  | { readonly blob: Buffer; readonly comment: string }
  | { readonly encrypted: true }
  | { readonly broken: string };

const MAGIC = 'openssh-key-v1\0';
const CURVES: Readonly<Record<string, string>> = {
  nistp256: 'prime256v1',
  nistp384: 'secp384r1',
  nistp521: 'secp521r1',
};

/**
 * Reads the body of `BEGIN OPENSSH PRIVATE KEY` with one key. Its public half stands in clear beside the private one: it
 * is only believed after the private one was found to belong to it.
 * Source: OpenSSH, PROTOCOL.key.
 */
export function readOpensshKey(body: Buffer): OpensshKey {
  const reader = new SshReader(body);
  if (reader.take(MAGIC.length)?.toString('latin1') !== MAGIC) return { broken: 'another format in it' };
  const [cipher] = [reader.text(), reader.text(), reader.string()];
  if (cipher === undefined) return { broken: 'a key that is cut' };
  if (cipher !== 'none') return { encrypted: true };
  const count = reader.uint32();
  if (count !== 1) return { broken: `${count ?? 'no'} keys in one file` };
  const [blob, secret] = [reader.string(), reader.string()];
  if (blob === undefined || secret === undefined) return { broken: 'a key that is cut' };
  return readSecret(blob, new SshReader(secret));
}

function readSecret(blob: Buffer, reader: SshReader): OpensshKey {
  const [check, again] = [reader.uint32(), reader.uint32()];
  if (check === undefined || check !== again) return { broken: 'a key that is damaged' };
  const type = reader.text() ?? '';
  const made = publicHalf(type, reader);
  const comment = reader.text();
  if (made === undefined || comment === undefined) return { broken: `a key of the type ${type} that cannot be read` };
  if (!made.equals(blob)) return { broken: 'a private half that does not belong to the public half beside it' };
  return { blob, comment };
}

/** The public key that belongs to the private numbers; undefined for numbers that make none, and other types. */
function publicHalf(type: string, reader: SshReader): Buffer | undefined {
  if (type === 'ssh-ed25519') return ed25519(reader);
  if (type === 'ssh-rsa') return rsa(reader);
  if (type.startsWith('ecdsa-sha2-')) return ecdsa(type, reader);
  // What is too weak is judged by its own name and length: nothing needs to be computed.
  return type === 'ssh-dss' ? dsa(reader) : undefined;
}

function ed25519(reader: SshReader): Buffer | undefined {
  const [, secret] = [reader.string(), reader.string()];
  if (secret?.length !== 64) return undefined;
  // RFC 8410, section 7: the seed in PKCS#8.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret.subarray(0, 32)]);
  const { x = '' } = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  });
  return writeSshStrings('ssh-ed25519', Buffer.from(x, 'base64url'));
}

function rsa(reader: SshReader): Buffer | undefined {
  const [n, e, d, , p, q] = Array.from({ length: 6 }, () => reader.string());
  if (n === undefined || e === undefined || d === undefined || p === undefined || q === undefined) return undefined;
  // RFC 8017, section 3.2; Go checks the same before it takes a key.
  const primes = [number(p), number(q)];
  const inverse = primes.every((prime) => prime > 1n && (number(d) * number(e)) % (prime - 1n) === 1n);
  return inverse && primes.reduce((a, b) => a * b) === number(n) ? writeSshStrings('ssh-rsa', e, n) : undefined;
}

function ecdsa(type: string, reader: SshReader): Buffer | undefined {
  const [curve = '', , secret] = [reader.text(), reader.string(), reader.string()];
  const name = CURVES[curve];
  if (name === undefined || secret === undefined) return undefined;
  const pair = createECDH(name);
  try {
    pair.setPrivateKey(secret.subarray(Math.max(0, secret.findIndex(Boolean))));
  } catch {
    return undefined; // Not between 1 and the order of the curve.
  }
  return writeSshStrings(type, curve, pair.getPublicKey());
}

function dsa(reader: SshReader): Buffer | undefined {
  const [p, q, g, y, x] = Array.from({ length: 5 }, () => reader.string());
  if (p === undefined || q === undefined || g === undefined || y === undefined || x === undefined) return undefined;
  return writeSshStrings('ssh-dss', p, q, g, y);
}

function number(integer: Buffer): bigint {
  return BigInt(`0x0${integer.toString('hex')}`);
}
