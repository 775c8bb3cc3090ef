import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { type BastionOptions, fingerprintOf, type Guest, type GuestOptions } from '../../guest/index.ts';
import { failsWith, login, patience } from './helpers.ts';
import { startAgent } from './ssh-agent.ts';
import { freePort, type KeyPair, makeKey, type Sshd, startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

// Two real OpenSSH servers: the bastion forwards TCP, the guest is behind it.
const signal = patience(100_000); // for all tests of this file
let guest: Sshd;
let bastion: Sshd;
let own: KeyPair;
before(async () => {
  own = await makeKey('ecdsa');
  [guest, bastion] = await Promise.all([startSshd(), startSshd({ login: own, hostKeyTypes: ['ed25519', 'rsa'] })]);
});
after(() => Promise.all([guest[Symbol.asyncDispose](), bastion[Symbol.asyncDispose]()]));

function through(more: Partial<BastionOptions> = {}, options: Partial<GuestOptions> = {}): Promise<Guest> {
  return login(guest, {
    bastion: {
      host: '127.0.0.1',
      port: bastion.port,
      username: bastion.username,
      privateKey: own.privateKey,
      hostKeys: bastion.hostKeys,
      ...more,
    },
    ...options,
  });
}

const fingerprint = (line: string) => fingerprintOf(line.split(' ')[1] ?? '');

test('the guest is reached through the bastion, each with its own key', async () => {
  await using proxy = await startProxy(bastion.port);
  const session = await through({ port: proxy.port });
  await session.writeFile('/C:/x', Buffer.from('through'), { signal });
  assert.equal((await session.readFile('/C:/x', { signal }))?.toString(), 'through');
  assert.equal(proxy.count, 1);
  session.close();
});

test('without a key of its own, the bastion gets the one of the guest', async () => {
  await using same = await startSshd({ login: guest.login });
  (await through({ port: same.port, hostKeys: same.hostKeys, privateKey: undefined })).close();
  await using agent = await startAgent([own]);
  const publicKeys = [own.publicKey];
  (await through({ privateKey: undefined, agent: { socket: agent.socket, publicKeys } })).close();
});

test('known_hosts, as ssh-keyscan writes it, pins the bastion', async () => {
  const { stdout } = await execa('ssh-keyscan', ['-p', String(bastion.port), '127.0.0.1']);
  (await through({ hostKeys: undefined, knownHosts: stdout })).close();
  const other = await failsWith(
    'guest.known-hosts',
    through({ hostKeys: undefined, knownHosts: stdout.replaceAll(`:${bastion.port}`, ':1') }),
  );
  assert.equal(other.bastion, true);
});

test('a bastion with another host key is guest.bastion-host-key at once, and nothing is sent to it', async () => {
  const { publicKey } = await makeKey('ed25519');
  await using proxy = await startProxy(bastion.port);
  const failure = await failsWith('guest.bastion-host-key', through({ port: proxy.port, hostKeys: [publicKey] }));
  assert.deepEqual([failure.retryable, failure.unreachable, failure.bastion], [false, false, true]);
  assert.equal(proxy.count, 1, 'never retried');
  const shown = bastion.hostKeys.find((key) => key.startsWith('ssh-ed25519')) ?? '';
  assert.deepEqual(failure.evidence, [
    `expected: ssh-ed25519 ${fingerprint(publicKey)}`,
    `found: ssh-ed25519 ${fingerprint(shown)}`,
  ]);
});

test('a host key that is changed while ingot runs is refused when the connection is made again', async () => {
  await using changed = await startSshd({ login: own });
  await using before = await startProxy(bastion.port);
  const session = await through({ port: before.port });
  before.target = changed.port;
  before.cut();
  await failsWith('guest.connection-lost', session.exists('/C:/x', { signal }));
  await failsWith('guest.bastion-host-key', session.exists('/C:/x', { signal }));
  session.close();
});

test('the host key of the guest is checked end to end', async () => {
  const { publicKey } = await makeKey('ed25519');
  const failure = await failsWith('guest.host-key', through({}, { hostKeys: [publicKey] }));
  assert.equal(failure.bastion, false);
});

test('a bastion that refuses the key is guest.bastion-auth, one that the guest refuses is guest.auth', async () => {
  const { privateKey } = await makeKey('ed25519');
  const ofBastion = await failsWith('guest.bastion-auth', through({ privateKey }));
  assert.equal(ofBastion.bastion, true);
  assert.match(ofBastion.message, new RegExp(`the bastion at 127.0.0.1:${bastion.port}`));
  const ofGuest = await failsWith('guest.auth', through({}, { privateKey }));
  assert.equal(ofGuest.bastion, false);
});

test('a bastion with AllowTcpForwarding no is guest.bastion-forwarding', async () => {
  await using closed = await startSshd({ login: own, config: ['AllowTcpForwarding no'] });
  const failure = await failsWith(
    'guest.bastion-forwarding',
    through({ port: closed.port, hostKeys: closed.hostKeys }),
  );
  assert.deepEqual([failure.retryable, failure.bastion], [false, true]);
  assert.match(failure.remedy ?? '', /AllowTcpForwarding/);
});

test('a bastion that may open another address only is guest.bastion-forwarding', async () => {
  await using closed = await startSshd({ login: own, config: ['PermitOpen 127.0.0.1:1'] });
  await failsWith('guest.bastion-forwarding', through({ port: closed.port, hostKeys: closed.hostKeys }));
});

test('no bastion there is guest.bastion-unreachable', async () => {
  const failure = await failsWith(
    'guest.bastion-unreachable',
    through({ port: await freePort() }, { deadlineMs: 300 }),
  );
  assert.deepEqual([failure.unreachable, failure.timedOut, failure.bastion], [true, true, true]);
  assert.match(failure.message, /the bastion 127\.0\.0\.1:\d+ within 0\.3 s/);
});

test('no guest behind the bastion is guest.unreachable, and the bastion is logged into once', async () => {
  const port = await freePort();
  await using proxy = await startProxy(bastion.port);
  const failure = await failsWith('guest.unreachable', through({ port: proxy.port }, { port, deadlineMs: 3000 }));
  assert.deepEqual([failure.unreachable, failure.timedOut, failure.bastion], [true, true, false]);
  assert.match(failure.message, new RegExp(`127.0.0.1:${port} through the bastion 127.0.0.1:${proxy.port}`));
  assert.equal(proxy.count, 1);
});

test('losing the bastion is losing the connection; both are made again', async () => {
  await using toBastion = await startProxy(bastion.port);
  await using toGuest = await startProxy(guest.port);
  const session = await through({ port: toBastion.port }, { port: toGuest.port });
  await session.exists('/C:/x', { signal });
  assert.deepEqual([toBastion.count, toGuest.count], [1, 1]);
  const running = session.runUserScript(
    'slow',
    '# python\nimport time; time.sleep(20)',
    {},
    { signal, timeoutMs: 20_000 },
  );
  running.catch(() => {});
  await session.exists('/C:/x', { signal });
  toBastion.cut();
  await failsWith('guest.connection-lost', running);
  assert.equal(await session.exists('/C:/none', { signal }), false);
  assert.equal(toBastion.count, 2);
  assert.equal(toGuest.count, 2);
  session.close();
});

test('losing the guest alone keeps the bastion', async () => {
  await using toBastion = await startProxy(bastion.port);
  await using toGuest = await startProxy(guest.port);
  const session = await through({ port: toBastion.port }, { port: toGuest.port });
  toGuest.cut();
  await session.exists('/C:/x', { signal }).catch(() => {});
  await session.exists('/C:/x', { signal });
  assert.deepEqual([toBastion.count, toGuest.count], [1, 2]);
  session.close();
});

test('a session that is closed while it is made again keeps no connection, to the bastion neither', async () => {
  await using toBastion = await startProxy(bastion.port);
  await using toGuest = await startProxy(guest.port);
  const session = await through({ port: toBastion.port }, { port: toGuest.port });
  toBastion.cut();
  await failsWith('guest.connection-lost', session.exists('/C:/x', { signal }));
  const again = Promise.withResolvers<void>();
  toGuest.onConnection = () => again.resolve();
  const late = session.exists('/C:/x', { signal });
  late.catch(() => {});
  await again.promise; // The bastion is there, the guest is not yet.
  session.close();
  await late.catch(() => {});
  await toBastion.quiet(signal);
});

test('the bastion is lost in the middle of the login to the guest: both are tried again', async () => {
  await using toBastion = await startProxy(bastion.port);
  await using toGuest = await startProxy(guest.port);
  toGuest.onConnection = (number) => {
    if (number === 1) toBastion.cut();
  };
  (await through({ port: toBastion.port }, { port: toGuest.port })).close();
  assert.deepEqual([toBastion.count, toGuest.count], [2, 2]);
});

test('a bastion that falls silent is noticed', async () => {
  await using toBastion = await startProxy(bastion.port);
  const session = await through({ port: toBastion.port }, { silenceMs: 1500 });
  const running = session.runUserScript(
    'slow',
    '# python\nimport time; time.sleep(20)',
    {},
    { signal, timeoutMs: 20_000 },
  );
  running.catch(() => {});
  await session.exists('/C:/x', { signal });
  toBastion.freeze();
  const begun = performance.now();
  await failsWith('guest.connection-lost', running);
  assert.ok(performance.now() - begun < 15_000);
  session.close();
});
