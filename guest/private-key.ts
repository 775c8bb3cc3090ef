import type { ParsedKey } from 'ssh2';
import { GuestError } from './errors.ts';
import { type Identity, refuseSha1 } from './identity.ts';
import { fromPkcs8 } from './pkcs8.ts';

const TYPES = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/**
 * Reads the private key that logs in: OpenSSH's own format, PEM (PKCS#1, SEC 1, PKCS#8) or PuTTY's format, with its
 * passphrase when it is encrypted. `guest.private-key` otherwise, without any of the key in it.
 */
export async function readPrivateKey(privateKey: string, passphrase: string | undefined): Promise<Identity> {
  const { default: ssh2 } = await import('ssh2');
  const text = privateKey.trim();
  if (text === '') throw invalid('an empty text');
  const key = ssh2.utils.parseKey(fromPkcs8(text, passphrase) ?? `${text}\n`, passphrase);
  if (key instanceof Error) {
    throw invalid(
      isEncrypted(text)
        ? `an encrypted key and ${passphrase === undefined ? 'no passphrase' : 'a passphrase that does not open it'}`
        : 'a text that is no private key in a known format',
    );
  }
  if (!key.isPrivateKey()) throw invalid('a public key');
  if (!TYPES.test(key.type)) throw invalid(`a key of the type ${key.type}`);
  return { type: key.type, publicKey: key.getPublicSSH(), method: (username) => login(username, key) };
}

function login(username: string, key: ParsedKey): ReturnType<Identity['method']> {
  // Made from the parsed key, so that ssh2 takes it for one, and with its own `sign` asked by way of the check.
  const guarded: ParsedKey = Object.create(key, {
    sign: {
      value(data: Buffer, hash: string | undefined): Buffer {
        refuseSha1(key.type, hash);
        return key.sign(data, hash);
      },
    },
  });
  return { type: 'publickey', username, key: guarded };
}

function isEncrypted(text: string): boolean {
  const body = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('latin1');
  // The key derivation of OpenSSH's format stands in clear at its beginning; the others name it in their header.
  return /ENCRYPTED|^Encryption: (?!none)/m.test(text) || /^openssh-key-v1\0[\s\S]{0,60}bcrypt/.test(body);
}

function invalid(found: string): GuestError {
  return new GuestError('guest.private-key', `Expected an Ed25519, ECDSA or RSA private key, found ${found}.`, {
    remedy:
      'Give the private key that belongs to openssh.authorizedKeys (or to the bastion), and its passphrase if it has ' +
      'one. `ssh-keygen -p -f KEY` rewrites a key in the format of OpenSSH.',
  });
}
