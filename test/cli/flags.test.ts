import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ingot, root, sample } from './ingot.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('--version prints the version, and loads nothing but the parser of the command line', async () => {
  const { code, stdout, stderr } = await ingot(['--version'], {
    nodeFlags: ['--import', join(import.meta.dirname, 'loaded.ts')],
  });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: `${manifest.version}\n` });
  assert.deepEqual(stderr.trim().split('\n'), ['commander']);
});

test('--help names every command, the environment and the exit codes', async () => {
  const { code, stdout } = await ingot(['--help']);
  assert.equal(code, 0);
  for (const text of ['build', 'plan', 'validate', 'schema', 'lab', 'INGOT_DEBUG', 'NO_COLOR', '130  interrupted']) {
    assert.ok(stdout.includes(text), text);
  }
  assert.ok(stdout.split('\n').every((line) => line.length <= 80));
});

test('each command has a help of its own', async () => {
  const commands = ['build', 'plan', 'validate', 'schema', 'lab'];
  const helps = await Promise.all(commands.map((command) => ingot([command, '--help'])));
  for (const [at, { code, stdout }] of helps.entries()) {
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: ingot ${commands[at]} `));
  }
});

const mistakes: [string, string[], RegExp][] = [
  ['no command', [], /^Usage: ingot/],
  ['an unknown command', ['biuld', sample], /unknown command 'biuld'\n\(Did you mean build\?\)/],
  [
    'an unknown flag',
    ['build', sample, '--reportr', 'json'],
    /unknown option '--reportr'\n\(Did you mean --reporter\?\)/,
  ],
  ['an unknown flag before the command', ['--verison'], /\(Did you mean --version\?\)/],
  ['no file', ['build'], /missing required argument 'file'/],
  ['too many files', ['build', sample, sample], /too many arguments/],
  ['an unknown reporter', ['build', sample, '--reporter', 'xml'], /Allowed choices are terminal, plain, json/],
  ['an unknown speed', ['lab', '--speed', 'warp'], /Allowed choices are instant, demo/],
  ['a variable without a value', ['build', sample, '--var', 'vcenter'], /Expected NAME=VALUE/],
  ['a variable without a name', ['plan', sample, '--var', '=x'], /Expected NAME=VALUE/],
  ['a variable that is no name', ['validate', sample, '--var', 'a-b=x'], /Expected NAME=VALUE/],
];
for (const [what, args, message] of mistakes) {
  test(`${what} is exit code 2 and one message, without a stack trace`, async () => {
    const { code, stdout, stderr } = await ingot(args);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
}
