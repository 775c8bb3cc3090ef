import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fingerprintOf } from '../../guest/index.ts';
import { failsWith, login } from './helpers.ts';
import { startAgent } from './ssh-agent.ts';
import { type KeyPair, makeKey, type Sshd, startSshd } from './sshd.ts';

let sshd: Sshd;
let other: KeyPair;
before(async () => {
  [sshd, other] = await Promise.all([startSshd(), makeKey('ed25519')]);
});
after(() => sshd[Symbol.asyncDispose]());

const withAgent = (socket: string | undefined, ...publicKeys: string[]) =>
  login(sshd, { privateKey: undefined, agent: { socket, publicKeys } });
const fingerprint = (key: KeyPair) => fingerprintOf(key.publicKey.split(' ')[1] ?? '');

for (const type of ['ed25519', 'ecdsa', 'rsa']) {
  test(`logs in with an ${type} key of an agent`, async () => {
    const key = await makeKey(type);
    await using agent = await startAgent([other, key]);
    await using server = await startSshd({ login: key });
    const guest = await login(server, {
      privateKey: undefined,
      agent: { socket: agent.socket, publicKeys: [key.publicKey] },
    });
    guest.close();
  });
}

test('offers the one key that is authorized, and no other', async () => {
  // One try is all that the server allows: any other key before it would end the login.
  await using strict = await startSshd({ login: sshd.login, config: ['MaxAuthTries 1'] });
  await using agent = await startAgent([other, await makeKey('ed25519'), sshd.login]);
  const guest = await login(strict, {
    privateKey: undefined,
    agent: { socket: agent.socket, publicKeys: [sshd.login.publicKey] },
  });
  guest.close();
});

test('prefers the keys in the order of the image file', async () => {
  await using agent = await startAgent([other, sshd.login]);
  (await withAgent(agent.socket, sshd.login.publicKey, other.publicKey)).close();
  const failure = await failsWith('guest.auth', withAgent(agent.socket, other.publicKey, sshd.login.publicKey));
  assert.deepEqual(failure.evidence, [`offered: ssh-ed25519 ${fingerprint(other)}`]);
});

test('an agent without the key is guest.agent, with the fingerprints of both sides', async () => {
  await using agent = await startAgent([other]);
  const failure = await failsWith('guest.agent', withAgent(agent.socket, sshd.login.publicKey));
  assert.deepEqual(failure.evidence, [
    `wanted: ssh-ed25519 ${fingerprint(sshd.login)}`,
    `in the agent: ssh-ed25519 ${fingerprint(other)} test key`,
  ]);
  assert.match(failure.remedy ?? '', /ssh-add/);
  assert.equal(failure.retryable, false);
});

test('an empty agent is told as one', async () => {
  await using agent = await startAgent([sshd.login]);
  await agent.add('-D');
  const failure = await failsWith('guest.agent', withAgent(agent.socket, sshd.login.publicKey));
  assert.match(failure.message, /found no key\.$/);
});

test('an agent that does not sign is guest.agent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-agent-'));
  await using agent = await startAgent([]);
  // Each use is to be confirmed, by a program that says no.
  const key = join(folder, 'key');
  await writeFile(key, sshd.login.privateKey, { mode: 0o600 });
  await agent.add('-c', key);
  const failure = await failsWith('guest.agent', withAgent(agent.socket, sshd.login.publicKey));
  assert.match(failure.message, /to sign for the SSH server/);
  await rm(folder, { recursive: true });
});

test('no agent, at a path and in SSH_AUTH_SOCK, is guest.agent', async () => {
  const failure = await failsWith('guest.agent', withAgent('/nowhere/agent', sshd.login.publicKey));
  assert.match(failure.message, /an SSH agent at \/nowhere\/agent/);
  const before = process.env.SSH_AUTH_SOCK;
  delete process.env.SSH_AUTH_SOCK;
  try {
    const unset = await failsWith('guest.agent', withAgent(undefined, sshd.login.publicKey));
    assert.match(unset.message, /SSH_AUTH_SOCK/);
    assert.match(unset.remedy ?? '', /ssh-agent/);
  } finally {
    if (before !== undefined) process.env.SSH_AUTH_SOCK = before;
  }
});

test('SSH_AUTH_SOCK names the agent that is used', async () => {
  await using agent = await startAgent([sshd.login]);
  const before = process.env.SSH_AUTH_SOCK;
  process.env.SSH_AUTH_SOCK = agent.socket;
  try {
    (await withAgent(undefined, sshd.login.publicKey)).close();
  } finally {
    if (before === undefined) delete process.env.SSH_AUTH_SOCK;
    else process.env.SSH_AUTH_SOCK = before;
  }
});

test('the signal ends the wait for an agent that never answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-agent-'));
  const socket = join(folder, 'agent');
  const silent = createServer((connection) => connection.on('error', () => {})).listen(socket);
  const stop = new AbortController();
  const connecting = login(sshd, {
    privateKey: undefined,
    agent: { socket, publicKeys: [sshd.login.publicKey] },
    signal: stop.signal,
  });
  stop.abort(new Error('stopped by the test'));
  await assert.rejects(connecting, /stopped by the test/);
  silent.close();
  await rm(folder, { recursive: true });
});

test('a key and an agent together, or neither, are refused before anything is contacted', async () => {
  const key = sshd.login.publicKey;
  const both = await failsWith('guest.private-key', login(sshd, { agent: { socket: '/x', publicKeys: [key] } }));
  assert.match(both.message, /found both/);
  const neither = await failsWith('guest.private-key', login(sshd, { privateKey: undefined }));
  assert.match(neither.message, /found neither/);
});
