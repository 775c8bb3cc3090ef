import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { writeSshStrings } from '../common/ssh-wire.ts';

/**
 * The same key in a form that ssh2 reads, which has no PKCS#8 (`openssl genpkey`, `BEGIN PRIVATE KEY`): PKCS#1 for RSA,
 * SEC 1 for ECDSA, OpenSSH's own for Ed25519. Undefined for another text, a wrong passphrase and other kinds of keys.
 */
export function fromPkcs8(text: string, passphrase: string | undefined): string | undefined {
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) return undefined;
  try {
    const key = createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) });
    if (key.asymmetricKeyType === 'ed25519') return opensshEd25519(key);
    const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : undefined;
    return type === undefined ? undefined : key.export({ type, format: 'pem' }).toString();
  } catch {
    return undefined; // Reported by the caller, as for every other key that cannot be read.
  }
}

/** OpenSSH's PROTOCOL.key: an unencrypted container with one key. */
function opensshEd25519(key: KeyObject): string | undefined {
  const { d, x } = key.export({ format: 'jwk' });
  if (d === undefined || x === undefined) return undefined;
  const [secret, open] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const check = randomBytes(4);
  const inner = Buffer.concat([check, check, writeSshStrings('ssh-ed25519', open, Buffer.concat([secret, open]), '')]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    writeSshStrings('none', 'none', ''),
    Buffer.from([0, 0, 0, 1]),
    writeSshStrings(writeSshStrings('ssh-ed25519', open), Buffer.concat([inner, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
