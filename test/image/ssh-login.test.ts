import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { formatProblem, loadText } from '../../image/index.ts';
import { sshLogin } from '../../steps/support/ssh-login.ts';
import { makeKey } from '../guest/sshd.ts';
import { edit, SAMPLE } from './support.ts';

const KEY = '  privateKey: env:INGOT_SSH_PRIVATE_KEY\n';
const PUBLIC = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKa5mQW0mBvQ4Tj0XnV3h1cF5v4q2b9d8e7f6a5b4c3d';
const bastion = (lines: string) => `${KEY}  bastion:\n    host: jump.example.com\n    user: ingot\n${lines}`;
const PINNED = `    hostKeys: [${PUBLIC}]\n`;

suite('mistakes in how ingot logs in have a line and a column', () => {
  for (const [to, path, code] of [
    [`${KEY}  ‸agent: true\n`, 'openssh.agent', 'openssh.login'],
    [`${KEY}  ‸agent: /run/agent\n`, 'openssh.agent', 'openssh.login'],
    ['  agent: ‸[a]\n', 'openssh.agent', 'image.value'],
    ["  agent: ‸''\n", 'openssh.agent', 'image.value'],
    ['  agent: true\n  ‸passphrase: env:P\n', 'openssh.passphrase', 'openssh.login'],
    [bastion(`    ‸knownHosts: known\n${PINNED}`), 'openssh.bastion.knownHosts', 'openssh.bastion-host-key'],
    [bastion('    hostKeys: ‸[]\n'), 'openssh.bastion.hostKeys', 'image.value'],
    [bastion(`    hostKeys: [‸ssh-dss AAAAB3NzaC1kc3M=]\n`), 'openssh.bastion.hostKeys[0]', 'openssh.weak-key'],
    [bastion(`    hostKeys: [‸jump.example.com]\n`), 'openssh.bastion.hostKeys[0]', 'openssh.key'],
    [bastion(`${PINNED}    ‸publicKey: ${PUBLIC}\n`), 'openssh.bastion.publicKey', 'openssh.login'],
    [bastion(`${PINNED}    privateKey: env:B\n    ‸agent: true\n`), 'openssh.bastion.agent', 'openssh.login'],
    [bastion(`${PINNED}    ‸passphrase: env:B\n`), 'openssh.bastion.passphrase', 'openssh.login'],
    [bastion(`${PINNED}    privateKey: ‸hunter2\n`), 'openssh.bastion.privateKey', 'secret.literal'],
    [bastion(PINNED).replace('jump.example.com', '‸ingot@jump'), 'openssh.bastion.host', 'image.value'],
    [
      bastion(PINNED).replace('    user: ingot\n', '').replace('bastion', '‸bastion'),
      'openssh.bastion.user',
      'image.required',
    ],
  ] as const) {
    test(`${code} at ${path}: ${JSON.stringify(to)}`, () => {
      const { text, line, column } = edit(KEY, to);
      const { image, problems } = loadText(SAMPLE, text);
      const lines = problems.map(formatProblem).join('\n');
      assert.equal(image, undefined);
      const found = problems.map((problem) => [problem.path, problem.line, problem.column]);
      assert.deepEqual(found, [[path, line, column]], lines);
      assert.equal(problems[0]?.code, code, lines);
      assert.doesNotMatch(lines, /hunter2/);
    });
  }

  test('no host key of the bastion at all', () => {
    const { text } = edit(KEY, `‸${bastion('')}`);
    const [problem, ...more] = loadText(SAMPLE, text).problems;
    assert.deepEqual(
      [problem?.path, problem?.code, more],
      ['openssh.bastion.hostKeys', 'openssh.bastion-host-key', []],
    );
  });

  test('agent: false is no agent', () => {
    const { text } = edit(KEY, '‸  agent: false\n');
    const [problem, ...more] = loadText(SAMPLE, text).problems;
    assert.deepEqual([problem?.path, problem?.code, more], ['openssh.privateKey', 'image.required', []]);
  });
});

test('key, agent and bastion become what a session needs, secrets and files read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-login-'));
  const own = (await makeKey('ed25519')).publicKey;
  await writeFile(join(folder, 'administrator.pub'), `${own}\n`);
  await writeFile(join(folder, 'known'), `jump.example.com ${PUBLIC}\n`);
  const read = async (to: string) => {
    const { text } = edit(KEY, `‸${to}`);
    const { image, problems } = loadText(join(folder, 'image.yaml'), text, {
      env: { INGOT_SSH_PRIVATE_KEY: 'the key', P: 'its passphrase', B: 'another key' },
    });
    assert.ok(image !== undefined, problems.map(formatProblem).join('\n'));
    return sshLogin(image);
  };
  assert.deepEqual(await read(`${KEY}  passphrase: env:P\n`), {
    privateKey: 'the key',
    passphrase: 'its passphrase',
    bastion: undefined,
  });
  assert.deepEqual(await read('  agent: true\n'), {
    agent: { socket: undefined, publicKeys: [own] },
    bastion: undefined,
  });
  const agent = { socket: join(folder, 'agent.sock'), publicKeys: [own] };
  assert.deepEqual((await read('  agent: agent.sock\n')).agent, agent);
  const base = { host: 'jump.example.com', port: 22, username: 'ingot', hostKeys: [PUBLIC], knownHosts: undefined };
  const noKey = { privateKey: undefined, passphrase: undefined };
  assert.deepEqual((await read(bastion(PINNED))).bastion, { ...base, ...noKey });
  assert.deepEqual((await read(bastion('    knownHosts: known\n    privateKey: env:B\n    port: 2222\n'))).bastion, {
    ...base,
    port: 2222,
    hostKeys: undefined,
    knownHosts: `jump.example.com ${PUBLIC}\n`,
    privateKey: 'another key',
    passphrase: undefined,
  });
  const withAgent = await read(bastion(`${PINNED}    agent: true\n    publicKey: ${PUBLIC}\n`));
  assert.deepEqual(withAgent.bastion, { ...base, agent: { socket: undefined, publicKeys: [PUBLIC] } });
  await rm(folder, { recursive: true });
});
