import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** An ed25519 key pair in OpenSSH's forms. */
export interface SshKey {
  /** `-----BEGIN OPENSSH PRIVATE KEY-----`, not encrypted. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… comment` */
  readonly publicKey: string;
}

/** Makes an ed25519 key pair and writes it as OpenSSH does (openssh-portable PROTOCOL.key). */
export function makeSshKey(comment: string): SshKey {
  const pair = generateKeyPairSync('ed25519');
  const publicBytes = jwkBytes(pair.publicKey, 'x');
  const seed = jwkBytes(pair.privateKey, 'd');
  const type = Buffer.from('ssh-ed25519', 'latin1');
  const publicBlob = Buffer.concat([text(type), text(publicBytes)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    publicBlob,
    text(Buffer.concat([seed, publicBytes])),
    text(Buffer.from(comment, 'utf8')),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const none = text(Buffer.from('none', 'latin1'));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    none,
    none,
    uint32(0),
    uint32(1),
    text(publicBlob),
    text(Buffer.concat([secret, padding])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')} ${comment}`,
  };
}

function jwkBytes(key: KeyObject, member: 'x' | 'd'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[member] ?? '', 'base64url');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(bytes: Uint8Array): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}
