import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { login } from './helpers.ts';
import { type KeyPair, makeKey, startSshd } from './sshd.ts';

/** What sshd 7.7 offers by default: its myproposal.h (OpenSSH for Windows 7.7 comes with Server 2019 and 20H2). */
const OPENSSH_7_7 = [
  'KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,' +
    'ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,' +
    'diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1',
  'Ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com',
  'MACs umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,' +
    'hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1',
  'HostKeyAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa',
];

/** Each of them alone must be enough. */
const ALONE: readonly (readonly [string, readonly string[]])[] = [
  [
    'KexAlgorithms',
    [
      'curve25519-sha256',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group-exchange-sha256',
    ],
  ],
  ['Ciphers', ['aes128-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com']],
  ['HostKeyAlgorithms', ['rsa-sha2-256', 'rsa-sha2-512', 'ecdsa-sha2-nistp256']],
];

let key: KeyPair;
before(async () => {
  key = await makeKey('ed25519');
});

test('with what OpenSSH 7.7 offers, the best of it is taken', async () => {
  await using sshd = await startSshd({
    login: key,
    hostKeyTypes: ['ecdsa', 'ed25519', 'rsa'],
    config: [...OPENSSH_7_7, 'LogLevel DEBUG1'],
  });
  (await login(sshd)).close();
  const log = sshd.log().join('\n');
  assert.match(log, /kex: algorithm: curve25519-sha256\b/);
  assert.match(log, /kex: client->server cipher: aes128-gcm@openssh\.com/);
});

suite('each algorithm alone', { concurrency: 2 }, () => {
  for (const [option, names] of ALONE)
    for (const name of names)
      test(`${option} ${name}`, async () => {
        const hostKeyTypes = ['ecdsa', 'rsa', 'ed25519'];
        await using sshd = await startSshd({ login: key, hostKeyTypes, config: [`${option} ${name}`] });
        // The groups of group-exchange have up to 8192 bits.
        (await login(sshd, { deadlineMs: 25_000 })).close();
      });

  for (const mac of ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512'])
    test(`MACs ${mac}`, async () => {
      await using sshd = await startSshd({ login: key, config: ['Ciphers aes128-ctr', `MACs ${mac}`] });
      (await login(sshd)).close();
    });
});

test('what is weak is not taken, even if the server has nothing else', async () => {
  for (const config of ['KexAlgorithms diffie-hellman-group14-sha1', 'Ciphers aes128-cbc']) {
    await using sshd = await startSshd({ login: key, config: [config] });
    await assert.rejects(login(sshd), { code: 'guest.handshake' });
  }
});
