import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';
import type { PublicKey } from './public-key.ts';

const HOST_KEYS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/**
 * Algorithms to offer, the modern ones first. All that OpenSSH for Windows 7.7 (Windows Server 2019 and 20H2) and later
 * need is among them; SHA-1, CBC and DSA are not. Ciphers that Node runs natively come before ChaCha20. The types of the
 * pinned host keys come first, so that the server presents a key that can be compared.
 */
export function algorithmsFor(pinned: readonly PublicKey[]): Algorithms {
  const types = [...new Set([...pinned.map((key) => key.type), ...Object.keys(HOST_KEYS)])];
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group-exchange-sha256',
    ],
    serverHostKey: types.flatMap((type) => HOST_KEYS[type] ?? []),
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
      'chacha20-poly1305@openssh.com',
    ],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    compress: ['none'],
  };
}
