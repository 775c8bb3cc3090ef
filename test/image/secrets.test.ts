import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { Redactor } from '../../common/redactor.ts';
import { findSecrets, type Image, loadText, resolveParameters } from '../../image/index.ts';
import { splitCommand } from '../../image/secret-command.ts';
import { edit, sampleText } from './support.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-secret-'));
});
after(() => rm(folder, { recursive: true }));

function load(reference: string, env: Record<string, string> = {}, redactor = new Redactor()): Image {
  const { text } = edit('password: env:INGOT_VCENTER_PASSWORD', `password: ‸${JSON.stringify(reference)}`);
  const { image, problems } = loadText(join(folder, 'image.yaml'), text, { env, redactor });
  assert.deepEqual(problems, []);
  assert.ok(image);
  return image;
}

async function failure(reference: string, env: Record<string, string> = {}): Promise<IngotError> {
  const error: unknown = await load(reference, env)
    .vcenter.password.resolve()
    .catch((caught: unknown) => caught);
  assert.ok(error instanceof IngotError);
  assert.notEqual(error.remedy ?? '', '');
  return error;
}

const program = (script: string) => `exec:${JSON.stringify(process.execPath)} -e ${JSON.stringify(script)}`;

test('a secret comes from the environment as it is', async () => {
  assert.equal(await load('env:PASSWORD', { PASSWORD: ' a b\n' }).vcenter.password.resolve(), ' a b\n');
});

test('a secret comes from a file beside the image file, less one newline', async () => {
  await writeFile(join(folder, 'password'), 'from file\n\n');
  assert.equal(await load('file:password').vcenter.password.resolve(), 'from file\n');
});

test('a secret comes from a command, less one newline, run beside the image file with the given environment', async () => {
  await writeFile(join(folder, 'here'), 'x');
  const script = "console.log(require('fs').existsSync('here') + process.env.SALT + process.argv[1])";
  const secret = load(`${program(script)} 'a  b'`, { SALT: '-salt-' }).vcenter.password;
  assert.equal(await secret.resolve(), 'true-salt-a  b');
});

test('no shell takes part in a command', async () => {
  const secret = load(`${program('console.log(process.argv.slice(1).join())')} $HOME *.ts a|b ";" '&&' \`id\``).vcenter
    .password;
  assert.equal(await secret.resolve(), '$HOME,*.ts,a|b,;,&&,`id`');
});

test('a command sees the environment that is given and no other', async () => {
  const secret = load(program('console.log(Object.keys(process.env).join())'), { ONLY: 'x' }).vcenter.password;
  assert.equal(await secret.resolve(), 'ONLY');
});

test('words of a command', () => {
  assert.deepEqual(splitCommand(`a "b c" 'd"e' f\\ g "\\"h\\\\" '' x""y`), [
    'a',
    'b c',
    'd"e',
    'f g',
    '"h\\',
    '',
    'xy',
  ]);
  assert.equal(splitCommand('a "b'), undefined);
});

test('a secret is read when it is resolved, once, and the redactor knows it from then on', async () => {
  const redactor = new Redactor();
  const env: Record<string, string> = {};
  const { password } = load('env:LATE', env, redactor).vcenter;
  assert.equal(redactor.text('planted-secret'), 'planted-secret');
  await assert.rejects(password.resolve());
  env.LATE = 'planted-secret';
  assert.equal(await password.resolve(), 'planted-secret');
  env.LATE = 'other';
  assert.equal(await password.resolve(), 'planted-secret');
  assert.equal(redactor.text('a planted-secret b'), 'a *** b');
  assert.equal(`${password} ${JSON.stringify({ password })}`, 'env:LATE {"password":"env:LATE"}');
});

test('a long secret is kept out as a short one is; a file that is none is not read whole', async () => {
  const redactor = new Redactor();
  const long = randomBytes(48 * 1024).toString('base64');
  await writeFile(join(folder, 'long'), long);
  assert.equal(await load('file:long', {}, redactor).vcenter.password.resolve(), long);
  assert.equal(redactor.text(`it is ${long}, or ${encodeURIComponent(long)}`), 'it is ***, or ***');
  await writeFile(join(folder, 'windows.iso'), Buffer.alloc(1024 * 1024 + 1, 'a'));
  const { code, message } = await failure('file:windows.iso');
  assert.deepEqual([code, /found more than 1 MiB/.test(message)], ['secret.unreadable', true]);
});

test('what fails has a code and a remedy, and never shows output of a command', async () => {
  assert.equal((await failure('env:NOT_THERE')).code, 'secret.missing');
  assert.equal((await failure('env:EMPTY', { EMPTY: '' })).code, 'secret.empty');
  assert.equal((await failure('file:none')).code, 'secret.missing');
  assert.equal((await failure('file:.')).code, 'secret.unreadable');
  assert.equal((await failure('exec:no-such-program-anywhere x')).code, 'secret.missing');
  assert.equal((await failure('exec:"open')).code, 'secret.command');
  const error = await failure(program("console.log('half-a-secret'); console.error('locked'); process.exit(3)"));
  assert.equal(error.code, 'secret.command');
  assert.match(error.message, /exit code 3/);
  assert.deepEqual(error.evidence, ['locked']);
  assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /half-a-secret/);
});

test('secrets inside the parameters of a step are found and resolved', async () => {
  const step =
    "  - name: motd\n    parameters: { user: a, deep: [{ password: { secret: 'env:P' } }], n: 1, none: null }\n";
  const { text } = edit('  - name: motd\n', `‸${step}`);
  const { image } = loadText(join(folder, 'image.yaml'), text, { env: { P: 'deep-secret' } });
  assert.ok(image);
  assert.deepEqual(
    findSecrets(image).map(({ path, secret }) => `${path} ${secret.reference}`),
    [
      'vcenter.password env:INGOT_VCENTER_PASSWORD',
      'openssh.privateKey env:INGOT_SSH_PRIVATE_KEY',
      'steps[0].parameters.deep[0].password env:P',
    ],
  );
  const [own] = image.steps;
  assert.ok(own?.kind === 'powershell');
  assert.deepEqual(await resolveParameters(own.parameters), {
    user: 'a',
    deep: [{ password: 'deep-secret' }],
    n: 1,
    none: null,
  });
});

test('the credentials and the signature in the URL of a source stay out of what a build calls it', () => {
  const url = 'https://user:hunter2@example.com/base.ova?X-Signature=hunter2';
  const media = /^media:\n(?: .*\n)+/m.exec(sampleText)?.[0] ?? '';
  const { text } = edit(media, `‸source: { ovf: '${url}', sha256: ${'0'.repeat(64)} }\n`);
  const { image, problems } = loadText(join(folder, 'image.yaml'), text.replace('  disk: 60GiB\n', ''));
  assert.deepEqual(problems, []);
  assert.equal(image?.source?.name, 'source.ovf https://example.com/base.ova?…');
  assert.ok(image.source.kind === 'ovf' && image.source.ovf.kind === 'url');
  assert.equal(image.source.ovf.url, url);
});
