import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { emptyFolder, ingot, sample } from './ingot.ts';

const right = readFileSync(sample, 'utf8');

test('validate: an image file that is right', async (t) => {
  const { code, stdout } = await ingot(['validate', sample], { cwd: emptyFolder(t) });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
});

test('validate: all problems of all files, each with its place, exit code 2', async (t) => {
  const cwd = emptyFolder(t);
  writeFileSync(join(cwd, 'a.yaml'), right.replace('firewall:', 'firewal:').replace('cpus: 4', 'cpus: many'));
  writeFileSync(join(cwd, 'b.yaml'), 'name: [');
  const { code, stdout, stderr } = await ingot(['validate', 'a.yaml', 'b.yaml', 'gone.yaml'], { cwd });
  assert.equal(code, 2);
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) assert.match(line, /^(a|b|gone)\.yaml:\d+:\d+.*: expected .+, found .+; .+$/);
  assert.ok(lines.some((line) => line.startsWith('a.yaml:') && line.includes('firewall')));
  assert.ok(lines.some((line) => line.startsWith('a.yaml:') && line.includes('hardware.cpus')));
  assert.ok(lines.some((line) => line.startsWith('b.yaml:1:')));
  assert.ok(lines.some((line) => line.startsWith('gone.yaml:1:1')));
  assert.match(stderr, /3 of 3 image files cannot be built/);
});

test('build and plan: a wrong image file is exit code 2, and nothing is started', async (t) => {
  const cwd = emptyFolder(t);
  writeFileSync(join(cwd, 'a.yaml'), right.replace('cpus: 4', 'cpus: many'));
  for (const command of ['build', 'plan']) {
    const { code, stdout, stderr } = await ingot([command, 'a.yaml'], { cwd });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /^a\.yaml:\d+:\d+ hardware\.cpus: expected/m);
  }
});

test('--var goes before the default, and INGOT_VAR_ between the two', async (t) => {
  const cwd = emptyFolder(t);
  writeFileSync(join(cwd, 'a.yaml'), right.replace('cpus: 4', `cpus: $\{var.ssh_port}`));
  const validate = (args: string[], env: NodeJS.ProcessEnv) => ingot(['validate', 'a.yaml', ...args], { cwd, env });
  assert.equal((await validate([], { INGOT_VAR_ssh_port: '2' })).code, 0);
  assert.equal((await validate([], { INGOT_VAR_ssh_port: 'x' })).code, 2);
  assert.equal((await validate(['--var', 'ssh_port=4'], { INGOT_VAR_ssh_port: 'x' })).code, 0);
  assert.equal((await validate(['--var', 'ssh_port=1', '--var', 'ssh_port=2'], {})).code, 0);
});

test('an environment variable for a variable that the file does not declare is no problem', async () => {
  assert.equal((await ingot(['validate', sample], { env: { INGOT_VAR_other: 'x' } })).code, 0);
  assert.equal((await ingot(['validate', sample, '--var', 'other=x'])).code, 2);
});

test('schema: a JSON Schema with a description on every field of the first level', async () => {
  const { code, stdout } = await ingot(['schema']);
  assert.equal(code, 0);
  const schema = JSON.parse(stdout);
  assert.match(schema.$schema, /json-schema\.org/);
  for (const [name, field] of Object.entries<{ description?: string }>(schema.properties)) {
    assert.ok((field.description ?? '') !== '', name);
  }
});
