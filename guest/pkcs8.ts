import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';

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
  const type = field(Buffer.from('ssh-ed25519'));
  const check = randomBytes(4);
  const inner = Buffer.concat([
    check,
    check,
    type,
    field(open),
    field(Buffer.concat([secret, open])),
    field(Buffer.alloc(0)),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const none = field(Buffer.from('none'));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    field(Buffer.alloc(0)),
    uint32(1),
    field(Buffer.concat([type, field(open)])),
    field(Buffer.concat([inner, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function field(bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
