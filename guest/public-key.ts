import { mpintBits, sshStrings } from '../common/ssh-wire.ts';
import { GuestError } from './errors.ts';

export { fingerprintOf } from '../common/ssh-wire.ts';

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
  const fields = sshStrings(blob);
  if (fields?.[0]?.toString('latin1') !== type || fields.length < 2) throw invalid(`a blob that is no ${type} key`);
  // RFC 4253 6.6: string "ssh-rsa", mpint e, mpint n; an mpint has a leading zero byte when its top bit is set.
  const modulus = type === 'ssh-rsa' ? fields[2] : undefined;
  const rsaBits = modulus === undefined ? undefined : mpintBits(modulus);
  return { type, base64: blob.toString('base64'), comment, rsaBits };
}

export function isPinned(blob: Buffer, keys: readonly PublicKey[]): boolean {
  return keys.some((key) => blob.equals(Buffer.from(key.base64, 'base64')));
}

function invalid(found: string): GuestError {
  return new GuestError('guest.public-key', `Expected ${EXPECTED}, found ${found}.`, {
    remedy: 'Give the content of the .pub file that ssh-keygen wrote beside the private key.',
  });
}
