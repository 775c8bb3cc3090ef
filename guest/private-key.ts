import { createPrivateKey } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { GuestError } from './errors.ts';

/**
 * Reads the private key that logs in: OpenSSH's own format, PEM (PKCS#1, SEC 1, and PKCS#8 for RSA and ECDSA), PuTTY's
 * format; with its passphrase when it is encrypted. `guest.private-key` otherwise, without any of the key in it.
 */
export async function readPrivateKey(privateKey: string, passphrase: string | undefined): Promise<ParsedKey> {
  const { default: ssh2 } = await import('ssh2');
  const text = privateKey.trim();
  if (text === '') throw invalid('an empty text');
  const key = ssh2.utils.parseKey(fromPkcs8(text, passphrase) ?? `${text}\n`, passphrase);
  if (key instanceof Error) {
    const encrypted = /ENCRYPTED|aes256-ctr|bcrypt/.test(
      text + Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('latin1'),
    );
    throw invalid(
      encrypted
        ? `an encrypted key and ${passphrase === undefined ? 'no passphrase' : 'a passphrase that does not open it'}`
        : 'a text that is no private key in a known format',
    );
  }
  if (!key.isPrivateKey()) throw invalid('a public key');
  return key;
}

/** ssh2 reads no PKCS#8 (`openssl genpkey`, `BEGIN PRIVATE KEY`); Node turns the RSA and EC ones into what it reads. */
function fromPkcs8(text: string, passphrase: string | undefined): string | undefined {
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) return undefined;
  try {
    const key = createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) });
    const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : undefined;
    return type === undefined ? undefined : key.export({ type, format: 'pem' }).toString();
  } catch {
    return undefined; // Reported by the caller, as for every other key that cannot be read.
  }
}

function invalid(found: string): GuestError {
  return new GuestError('guest.private-key', `Expected a private key for the guest's Administrator, found ${found}.`, {
    remedy:
      'Give the private key that belongs to openssh.authorizedKeys, and its passphrase if it has one. ' +
      '`ssh-keygen -p -f KEY` rewrites a key in the format of OpenSSH.',
  });
}
