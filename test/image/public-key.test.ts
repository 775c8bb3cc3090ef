import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { IngotError } from '../../common/failure.ts';
import { type AuthorizedKey, readAuthorizedKeys } from '../../image/index.ts';
import { checkPublicKey } from '../../image/public-key.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-keys-'));
});
after(() => rm(folder, { recursive: true }));

/** A public key made by OpenSSH. */
async function make(type: string, bits: number): Promise<string> {
  const file = join(folder, `${type}-${bits}`);
  await execa('ssh-keygen', ['-q', '-t', type, '-b', String(bits), '-N', '', '-C', 'a comment', '-f', file]);
  return (await readFile(`${file}.pub`, 'utf8')).trim();
}

const STRONG: [string, number][] = [
  ['ed25519', 256],
  ['ecdsa', 256],
  ['ecdsa', 384],
  ['ecdsa', 521],
  ['rsa', 2048],
  ['rsa', 3072],
];

for (const [type, bits] of STRONG) {
  test(`a key that OpenSSH made is accepted with its size: ${type} ${bits}; cut or mixed up it is not`, async () => {
    const key = await make(type, bits);
    const check = checkPublicKey(key);
    assert.ok('bits' in check, JSON.stringify(check));
    assert.equal(check.bits, bits);
    const [name = '', base64 = ''] = key.split(' ');
    for (const wrong of [
      base64,
      `${name} ${base64.slice(0, -8)}`,
      `ssh-rsa2 ${base64}`,
      `restrict ${key}`,
      `${name} x`,
    ]) {
      assert.ok('found' in checkPublicKey(wrong), wrong);
    }
    const other = name === 'ssh-rsa' ? 'ssh-ed25519' : 'ssh-rsa';
    assert.ok('found' in checkPublicKey(`${other} ${base64}`));
  });
}

test('RSA below 2048 bits and DSA are weak', async () => {
  assert.deepEqual(checkPublicKey(await make('rsa', 1024)), { found: 'an RSA key of 1024 bits', weak: true });
  assert.deepEqual(checkPublicKey('ssh-dss AAAA'), { found: 'a DSA key', weak: true });
});

test('keys are read from files and literally, each once', async () => {
  const one = await make('ed25519', 255);
  const file = join(folder, 'keys');
  await writeFile(file, `# comment\r\n\r\n${one}\r\n`);
  const read = (...authorizedKeys: AuthorizedKey[]) => readAuthorizedKeys({ openssh: { authorizedKeys } });
  assert.deepEqual(await read({ kind: 'file', path: file }, { kind: 'key', key: one }), [one]);
  await assert.rejects(read({ kind: 'file', path: join(folder, 'none') }), (error) => {
    return error instanceof IngotError && error.code === 'openssh.key-file';
  });
  await writeFile(file, 'ssh-dss AAAA\n');
  await assert.rejects(read({ kind: 'file', path: file }), (error) => {
    return error instanceof IngotError && error.code === 'openssh.weak-key';
  });
});
