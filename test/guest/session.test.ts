import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { connectGuest, fingerprintOf } from '../../guest/index.ts';
import { failsWith, login, patience } from './helpers.ts';
import { freePort, makeKey, type Sshd, startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

let sshd: Sshd;
before(async () => {
  sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
});
after(() => sshd[Symbol.asyncDispose]());

for (const type of ['ed25519', 'ecdsa', 'rsa']) {
  test(`logs in with an ${type} key`, async () => {
    const key = await makeKey(type);
    await using other = await startSshd({ login: key });
    const guest = await login(other);
    assert.equal(await guest.exists('/C:/nothing', { signal: patience() }), false);
    guest.close();
  });

  test(`accepts the server when its ${type} key alone is pinned`, async () => {
    const pinned = sshd.hostKeys.filter((key) => key.includes(type));
    assert.equal(pinned.length, 1);
    (await login(sshd, { hostKeys: pinned })).close();
  });
}

test('logs in with an encrypted key and its passphrase', async () => {
  const key = await makeKey('ed25519', { passphrase: 'correct horse' });
  await using other = await startSshd({ login: key });
  (await login(other, { passphrase: 'correct horse' })).close();
  const wrong = await failsWith('guest.private-key', login(other, { passphrase: 'battery' }));
  assert.match(wrong.message, /a passphrase that does not open it/);
  assert.match((await failsWith('guest.private-key', login(other))).message, /no passphrase/);
});

test('logs in with an RSA key in PKCS#8', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const blob = Buffer.concat([
    field(Buffer.from('ssh-rsa')),
    field(Buffer.from(jwk.e ?? '', 'base64url')),
    field(Buffer.concat([Buffer.alloc(1), Buffer.from(jwk.n ?? '', 'base64url')])),
  ]);
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await using other = await startSshd({ login: { privateKey, publicKey: `ssh-rsa ${blob.toString('base64')}` } });
  (await login(other)).close();
});

test('refuses a changed host key at once and shows both fingerprints', async () => {
  const { publicKey } = await makeKey('ed25519');
  await using proxy = await startProxy(sshd.port);
  const failure = await failsWith('guest.host-key', login(sshd, { port: proxy.port, hostKeys: [publicKey] }));
  assert.ok(failure.message.includes(fingerprintOf(publicKey.split(' ')[1] ?? '')), failure.message);
  const presented = sshd.hostKeys.find((key) => key.startsWith('ssh-ed25519'));
  assert.ok(failure.message.includes(fingerprintOf(presented?.split(' ')[1] ?? '')), failure.message);
  assert.equal(failure.retryable, false);
  assert.equal(proxy.count, 1, 'never retried');
});

test('a changed host key is not asked for again by each of several callers', async () => {
  await using changed = await startSshd({ login: sshd.login });
  await using proxy = await startProxy(sshd.port);
  const guest = await login(sshd, { port: proxy.port });
  proxy.target = changed.port;
  proxy.cut();
  await failsWith('guest.connection-lost', guest.exists('/C:/x', { signal: patience() }));
  const calls = ['a', 'b', 'c'].map((name) => guest.exists(`/C:/${name}`, { signal: patience() }));
  await Promise.all(calls.map((call) => failsWith('guest.host-key', call)));
  assert.equal(proxy.count, 2);
  guest.close();
});

test('who waits for the try of another goes on when that one leaves', async () => {
  await using proxy = await startProxy(sshd.port);
  const guest = await login(sshd, { port: proxy.port });
  const leaving = new AbortController();
  proxy.onConnection = () => {
    proxy.freeze();
    proxy.onConnection = () => {};
    leaving.abort(new Error('left by the test'));
  };
  proxy.cut();
  await failsWith('guest.connection-lost', guest.exists('/C:/x', { signal: patience() }));
  const first = guest.exists('/C:/x', { signal: leaving.signal });
  const second = guest.exists('/C:/x', { signal: patience() });
  await assert.rejects(first, /left by the test/);
  assert.equal(await second, false);
  guest.close();
});

test('a Windows that is starting may refuse the key for a while', async () => {
  const { privateKey } = await makeKey('ed25519');
  await using proxy = await startProxy(sshd.port);
  const stop = new AbortController();
  proxy.onConnection = (number) => {
    if (number > 3) stop.abort(new Error('a fourth try'));
  };
  await assert.rejects(login(sshd, { port: proxy.port, privateKey, starting: true, signal: stop.signal }), /fourth/);
});

test('a key that is not authorized is guest.auth, tried a few times only', async () => {
  const { privateKey } = await makeKey('ed25519');
  await using proxy = await startProxy(sshd.port);
  const failure = await failsWith('guest.auth', login(sshd, { port: proxy.port, privateKey }));
  assert.equal(proxy.count, 3);
  assert.equal(failure.retryable, false);
  assert.match(failure.remedy ?? '', /administrators_authorized_keys/);
  assert.doesNotMatch(JSON.stringify({ ...failure, cause: failure.cause }), /PRIVATE KEY/);
});

test('works with the algorithms that OpenSSH for Windows 7.7 has', async () => {
  await using old = await startSshd({
    hostKeyTypes: ['ecdsa'],
    config: ['KexAlgorithms ecdh-sha2-nistp256', 'Ciphers aes128-ctr', 'MACs hmac-sha2-256'],
  });
  (await login(old)).close();
});

test('a server with nothing in common is guest.handshake at once', async () => {
  await using odd = await startSshd({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
  const failure = await failsWith('guest.handshake', login(odd));
  assert.equal(failure.unreachable, false);
});

test('nothing listens: guest.unreachable at the deadline, with the last cause', async () => {
  const port = await freePort();
  const begun = performance.now();
  const failure = await failsWith('guest.unreachable', login(sshd, { port, deadlineMs: 400 }));
  assert.ok(performance.now() - begun < 10_000);
  assert.deepEqual([failure.unreachable, failure.timedOut, failure.retryable], [true, true, true]);
  assert.match(failure.message, /ECONNREFUSED/);
});

test('keeps trying while the server drops connections, as one that is just starting', async () => {
  await using proxy = await startProxy(sshd.port);
  proxy.onConnection = (number) => {
    if (number < 4) proxy.cut();
  };
  (await login(sshd, { port: proxy.port })).close();
  assert.equal(proxy.count, 4);
});

test('obeys the signal while it waits for the server', async () => {
  const stop = new AbortController();
  const port = await freePort();
  const connecting = login(sshd, { port, signal: stop.signal, deadlineMs: 20_000 });
  stop.abort(new Error('stopped by the test'));
  await assert.rejects(connecting, /stopped by the test/);
});

test('without a pinned host key nothing is contacted', async () => {
  await using proxy = await startProxy(sshd.port);
  await failsWith('guest.host-key', login(sshd, { port: proxy.port, hostKeys: [] }));
  assert.equal(proxy.count, 0);
});

test('a text that is no key is told without showing it', async () => {
  const attempt = connectGuest({
    host: '127.0.0.1',
    port: 1,
    privateKey: 'hunter2-hunter2',
    hostKeys: sshd.hostKeys,
    signal: patience(),
    deadlineMs: 100,
  });
  const failure = await failsWith('guest.private-key', attempt);
  assert.doesNotMatch(failure.message, /hunter2/);
});
