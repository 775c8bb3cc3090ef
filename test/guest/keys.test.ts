import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { execa } from 'execa';
import { readPrivateKey } from '../../guest/private-key.ts';
import { failsWith, login } from './helpers.ts';
import { type KeyOptions, type KeyPair, makeKey, startSshd } from './sshd.ts';

const PASSPHRASE = 'correct horse';
const CIPHERS = ['aes256-ctr', 'aes256-cbc', 'aes128-gcm@openssh.com'];

/** What ssh-keygen makes, in each of its formats. */
const CASES: readonly (readonly [string, KeyOptions])[] = [
  ['ed25519', {}],
  ['ecdsa', { bits: 256 }],
  ['ecdsa', { bits: 384 }],
  ['ecdsa', { bits: 521 }],
  ['rsa', {}],
  ['rsa', { bits: 3072 }],
  ...['PEM', 'PKCS8'].flatMap((format) => [
    ['rsa', { format }] as const,
    ['rsa', { format, passphrase: PASSPHRASE }] as const,
    ['ecdsa', { format, bits: 384 }] as const,
    ['ecdsa', { format, passphrase: PASSPHRASE }] as const,
  ]),
  ...CIPHERS.map((cipher) => ['ed25519', { cipher, passphrase: PASSPHRASE }] as const),
];

suite('private keys log in to a real OpenSSH server', { concurrency: 2 }, () => {
  for (const [type, options] of CASES) {
    test(`${type} ${Object.values(options).join(' ')}`, async () => {
      await logsIn(await makeKey(type, options), options.passphrase);
    });
  }

  for (const passphrase of [undefined, PASSPHRASE]) {
    test(`openssl genpkey -algorithm ed25519${passphrase === undefined ? '' : ', encrypted'}`, async () => {
      await logsIn(await opensslKey(passphrase), passphrase);
    });
  }
});

test('a wrong passphrase and a missing one are told, without the passphrase', async () => {
  await using sshd = await startSshd();
  const keys = await Promise.all([
    opensslKey(PASSPHRASE),
    makeKey('ed25519', { passphrase: PASSPHRASE }),
    makeKey('rsa', { format: 'PEM', passphrase: PASSPHRASE }),
  ]);
  for (const { privateKey } of keys) {
    const wrong = await failsWith('guest.private-key', login(sshd, { privateKey, passphrase: 'battery staple' }));
    assert.match(wrong.message, /a passphrase that does not open it/);
    assert.doesNotMatch(JSON.stringify(wrong), /battery/);
    assert.match((await failsWith('guest.private-key', login(sshd, { privateKey }))).message, /no passphrase/);
  }
});

test('an RSA key signs with SHA-2, and with SHA-1 never', async () => {
  const key = await makeKey('rsa');
  await using sshd = await startSshd({ login: key, config: ['PubkeyAcceptedAlgorithms rsa-sha2-256'] });
  (await login(sshd)).close();
  // ssh2 asks for SHA-1 where a server does not announce server-sig-algs, which no OpenSSH of today does.
  const { method } = await readPrivateKey(key.privateKey, undefined);
  const offer = method('Administrator');
  assert.ok(offer.type === 'publickey' && typeof offer.key === 'object' && 'sign' in offer.key);
  const { key: parsed } = offer;
  for (const hash of ['sha1', undefined])
    assert.throws(() => parsed.sign(Buffer.from('x'), hash), { code: 'guest.handshake', retryable: false });
  for (const hash of ['sha256', 'sha512'])
    assert.ok(parsed.verify(Buffer.from('x'), parsed.sign(Buffer.from('x'), hash), hash));
});

test('other kinds of keys are refused', async () => {
  await using sshd = await startSshd();
  const { stdout: x25519 } = await execa('openssl', ['genpkey', '-algorithm', 'x25519']);
  const publicKey = sshd.login.publicKey;
  for (const privateKey of [x25519, publicKey, 'hunter2', '']) {
    const failure = await failsWith('guest.private-key', login(sshd, { privateKey }));
    assert.doesNotMatch(failure.message, /hunter2/);
  }
});

test('no password, no keyboard, no “none”: the server sees the method publickey only', async () => {
  await using sshd = await startSshd({ config: ['LogLevel DEBUG1', 'PasswordAuthentication yes'] });
  (await login(sshd)).close();
  const methods = sshd
    .log()
    .flatMap((line) => /userauth-request for user \S+ service \S+ method (\S+)/.exec(line)?.[1] ?? []);
  assert.ok(methods.length > 0);
  assert.deepEqual([...new Set(methods)], ['publickey']);
});

async function logsIn(key: KeyPair, passphrase: string | undefined): Promise<void> {
  await using sshd = await startSshd({ login: key });
  (await login(sshd, { passphrase })).close();
}

/** PKCS#8; its public half by ssh-keygen, which reads the parts that openssl prints. */
async function opensslKey(passphrase: string | undefined): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-openssl-'));
  const [file, plain] = [join(folder, 'key.pem'), join(folder, 'plain.pem')];
  const cipher = passphrase === undefined ? [] : ['-aes-256-cbc', '-pass', `pass:${passphrase}`];
  await execa('openssl', ['genpkey', '-algorithm', 'ed25519', ...cipher, '-out', file]);
  const open = passphrase === undefined ? [] : ['-passin', `pass:${passphrase}`];
  await execa('openssl', ['pkey', '-in', file, ...open, '-pubout', '-outform', 'DER', '-out', plain]);
  const raw = (await readFile(plain)).subarray(-32);
  const name = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 ', 'latin1');
  await writeFile(join(folder, 'pub'), `ssh-ed25519 ${Buffer.concat([name, raw]).toString('base64')}\n`);
  await execa('ssh-keygen', ['-l', '-f', join(folder, 'pub')]);
  const pair = {
    privateKey: await readFile(file, 'utf8'),
    publicKey: (await readFile(join(folder, 'pub'), 'utf8')).trim(),
  };
  await rm(folder, { recursive: true });
  return pair;
}
