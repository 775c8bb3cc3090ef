import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { derivedPassword, randomPassword } from '../../steps/support/password.ts';

const salt = '000102030405060708090a0b0c0d0e0f';
const from = { secret: 'a key of high entropy', guessable: false, salt, purpose: 'installation' };
const CLASSES = [/[A-Z]/, /[a-z]/, /[0-9]/, /[-_.+=:]/];

/** HKDF and scrypt as OpenSSL computes them. */
function openssl(kdf: string, length: number, options: Readonly<Record<string, string>>): Buffer {
  const flags = Object.entries(options).flatMap(([name, value]) => ['-kdfopt', `${name}:${value}`]);
  return execFileSync('openssl', ['kdf', '-binary', '-keylen', String(length), ...flags, kdf]);
}

const hex = (text: string | Buffer) => Buffer.from(text).toString('hex');

/** The password that a stream of bytes makes, written down once more: four classes, twenty of any, then shuffled. */
function passwordOf(stream: Uint8Array): string {
  const classes = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnpqrstuvwxyz', '23456789', '-_.+=:'];
  let at = 0;
  const below = (count: number): number => {
    const value = stream[at++] ?? 0;
    return value < 256 - (256 % count) ? value % count : below(count);
  };
  const letters: string[] = classes.map((letters) => letters.charAt(below(letters.length)));
  const all = classes.join('');
  while (letters.length < 24) letters.push(all.charAt(below(all.length)));
  for (let last = 23; last > 0; last--) {
    const other = below(last + 1);
    const kept = letters[last] ?? '';
    letters[last] = letters[other] ?? '';
    letters[other] = kept;
  }
  return letters.join('');
}

suite('a derived password', () => {
  test('is HKDF with SHA-256, as OpenSSL computes it', async () => {
    const options = { digest: 'SHA2-256', hexkey: hex(from.secret), hexsalt: salt, hexinfo: hex('ingot installation') };
    assert.equal(await derivedPassword(from), passwordOf(openssl('HKDF', 1024, options)));
  });

  test('of a secret that can be guessed goes through scrypt first', async () => {
    const cost = { n: '32768', r: '8', p: '1', maxmem_bytes: '67108864' };
    const key = openssl('SCRYPT', 32, { hexpass: hex(from.secret), hexsalt: salt, ...cost });
    const options = { digest: 'SHA2-256', hexkey: hex(key), hexsalt: salt, hexinfo: hex('ingot installation') };
    assert.equal(await derivedPassword({ ...from, guessable: true }), passwordOf(openssl('HKDF', 1024, options)));
  });

  test('is the same each time, and another one for another secret, salt or purpose', async () => {
    const others = [
      {},
      { secret: 'other' },
      { salt: salt.replace('00', '01') },
      { purpose: 'template' },
      { guessable: true },
    ];
    const made = await Promise.all(others.map((other) => derivedPassword({ ...from, ...other })));
    assert.equal(new Set(made).size, others.length);
    assert.equal(await derivedPassword(from), made[0]);
  });

  test('is one that Windows takes, for a thousand salts', async () => {
    const salts = Array.from({ length: 1000 }, (_, at) => at.toString(16).padStart(32, '0'));
    for (const password of await Promise.all(salts.map((other) => derivedPassword({ ...from, salt: other })))) {
      assert.match(password, /^[-\w.+=:]{24}$/);
      for (const pattern of CLASSES) assert.match(password, pattern);
    }
  });
});

test('a random password has the same make', () => {
  const made = Array.from({ length: 200 }, randomPassword);
  assert.equal(new Set(made).size, made.length);
  for (const password of made) for (const pattern of CLASSES) assert.match(password, pattern);
});
