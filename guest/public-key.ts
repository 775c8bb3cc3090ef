import { createHash } from 'node:crypto';
import { GuestError } from './errors.ts';

/** An OpenSSH public key: one line of an `authorized_keys` file or of an `ssh_host_*_key.pub` file, without options. */
export interface PublicKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  /** The key blob of RFC 4253, section 6.6, in base64. */
  readonly base64: string;
  readonly comment: string;
  /** Length of the modulus in bits; RSA only. */
  readonly rsaBits: number | undefined;
}

const TYPES =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)$/;
const EXPECTED = 'an OpenSSH public key ("ssh-ed25519 AAAA… comment")';

/** Parses one OpenSSH public key line; `guest.public-key` when it is none. The key itself is not shown in the error. */
export function parsePublicKey(line: string): PublicKey {
  const [, type = '', base64 = '', comment = ''] = /^\s*(\S+)\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
  if (!TYPES.test(type))
    throw invalid(type === '' ? 'another text' : `the key type ${JSON.stringify(type.slice(0, 40))}`);
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    throw invalid('a blob that is not base64');
  const fields = blobFields(blob);
  if (fields?.[0]?.toString('latin1') !== type || fields.length < 2) throw invalid(`a blob that is no ${type} key`);
  // RFC 4253 6.6: string "ssh-rsa", mpint e, mpint n; an mpint has a leading zero byte when its top bit is set.
  const modulus = type === 'ssh-rsa' ? fields[2] : undefined;
  const rsaBits = modulus === undefined ? undefined : bitLength(modulus);
  return { type, base64: blob.toString('base64'), comment, rsaBits };
}

/** `SHA256:` and the unpadded base64 of the digest, as `ssh-keygen -l` prints it. Takes the blob or its base64. */
export function fingerprintOf(key: Buffer | string): string {
  const blob = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export function isPinned(blob: Buffer, keys: readonly PublicKey[]): boolean {
  return keys.some((key) => blob.equals(Buffer.from(key.base64, 'base64')));
}

/** The length-prefixed strings a key blob is made of (RFC 4251, section 5), or undefined when it is cut short. */
function blobFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let offset = 0; offset < blob.length; ) {
    if (offset + 4 > blob.length) return undefined;
    const end = offset + 4 + blob.readUInt32BE(offset);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

function bitLength(mpint: Buffer): number {
  const first = mpint.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (mpint.length - first) * 8 - Math.clz32(mpint[first] ?? 0) + 24;
}

function invalid(found: string): GuestError {
  return new GuestError('guest.public-key', `Expected ${EXPECTED}, found ${found}.`, {
    remedy: 'Give the content of the .pub file that ssh-keygen wrote beside the private key.',
  });
}
