import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { execa } from 'execa';
import { GuestError } from '../../guest/index.ts';
import { knownHostKeys } from '../../guest/known-hosts.ts';
import { makeKey } from './sshd.ts';

let lines: string[];
before(async () => {
  const keys = await Promise.all([makeKey('ed25519'), makeKey('ecdsa')]);
  lines = keys.map((key) => key.publicKey.split(' ').slice(0, 2).join(' '));
});

/** What the function says, and what OpenSSH's own ssh-keygen -F says of the same file. */
async function lookUp(text: string, host: string, port = 22): Promise<{ ours: string[]; theirs: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-known-'));
  const file = join(folder, 'known_hosts');
  await writeFile(file, text);
  const name = port === 22 ? host : `[${host}]:${port}`;
  const { stdout } = await execa('ssh-keygen', ['-F', name, '-f', file], { reject: false });
  await rm(folder, { recursive: true });
  const theirs = stdout
    .split('\n')
    .flatMap((line) => (/^[^#@]/.test(line) ? [line.split(' ').slice(1, 3).join(' ')] : []));
  let ours: string[] = [];
  try {
    ours = knownHostKeys(text, { host, port }).map((key) => `${key.type} ${key.base64}`);
  } catch (error) {
    assert.ok(error instanceof GuestError && error.code === 'guest.known-hosts');
  }
  return { ours, theirs };
}

for (const [what, names, host, port] of [
  ['a name', 'jump.example.com', 'jump.example.com', 22],
  ['a name in other letters', 'Jump.Example.com', 'jump.EXAMPLE.com', 22],
  ['one of several names', 'jump,10.0.0.1', '10.0.0.1', 22],
  ['another name', 'jump', 'jumper', 22],
  ['a port', '[jump]:2222', 'jump', 2222],
  ['another port', '[jump]:2222', 'jump', 22],
  ['the port 22 for another', 'jump', 'jump', 2222],
  ['a wildcard', '*.example.com', 'a.example.com', 22],
  ['a dot that is one', 'a.b', 'axb', 22],
  ['a question mark', 'jump?', 'jump1', 22],
  ['a negated name', '*.example.com,!a.example.com', 'a.example.com', 22],
] as const) {
  test(`${what}: as ssh-keygen -F finds it`, async () => {
    const { ours, theirs } = await lookUp(lines.map((line) => `${names} ${line} comment`).join('\n'), host, port);
    assert.deepEqual(ours, theirs);
  });
}

test('hashed names, as ssh-keygen -H writes them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-known-'));
  const file = join(folder, 'known_hosts');
  await writeFile(file, `jump.example.com ${lines[0]}\n[jump.example.com]:2222 ${lines[1]}\n`);
  await execa('ssh-keygen', ['-q', '-H', '-f', file]);
  const text = await readFile(file, 'utf8');
  await rm(folder, { recursive: true });
  assert.match(text, /^\|1\|/);
  for (const [port, line] of [
    [22, lines[0]],
    [2222, lines[1]],
  ] as const) {
    const { ours, theirs } = await lookUp(text, 'jump.example.com', port);
    assert.deepEqual(ours, [line]);
    assert.deepEqual(ours, theirs);
  }
});

test('comments, revoked keys and authorities do not count; what cannot be read is passed over', () => {
  const [first, second] = lines;
  const text = `# jump ${first}\n\njump nonsense\njump ssh-ed25519 AAAA\n@cert-authority jump ${second}\njump ${first}\n`;
  assert.deepEqual(
    knownHostKeys(text, { host: 'jump', port: 22 }).map((key) => `${key.type} ${key.base64}`),
    [first],
  );
  assert.throws(() => knownHostKeys(`${text}@revoked * ${first}`, { host: 'jump', port: 22 }), {
    code: 'guest.known-hosts',
  });
});
