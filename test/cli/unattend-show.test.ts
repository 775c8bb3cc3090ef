import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import type { Json } from '../../common/json.ts';
import { encodePassword } from '../../unattend/password.ts';
import { sampleText } from '../image/support.ts';
import { sample as iso } from '../iso/tools.ts';
import { leaves, pythonTrees } from '../unattend/oracle.ts';
import { emptyFolder, ingot, sample } from './ingot.ts';

/** Writes the sample image file with other fields of `windows` and `media`. */
function imageFile(t: TestContext, windows: Json, media: Json = {}): string {
  const image = parse(sampleText);
  const file = join(emptyFolder(t), 'image.yaml');
  const merged = {
    ...image,
    windows: { ...image.windows, ...spread(windows) },
    media: { ...image.media, ...spread(media) },
  };
  writeFileSync(file, stringify(merged));
  return file;
}

const spread = (value: Json) => (value !== null && typeof value === 'object' ? value : {});

/** The values of a file, and that another parser takes it for XML. */
function valuesOf(xml: string): readonly string[] {
  execFileSync('xmllint', ['--noout', '-'], { input: xml });
  const [tree] = pythonTrees([xml]);
  return tree === undefined ? [] : leaves(tree);
}

const OPERATOR = {
  oobeSystem: {
    'Microsoft-Windows-Shell-Setup': {
      RegisteredOwner: { secret: 'env:OWNER' },
      UserAccounts: {
        LocalAccounts: {
          LocalAccount: [{ Name: 'operator', Password: { Value: { secret: 'env:OPERATOR' }, PlainText: true } }],
        },
      },
    },
  },
};
const SECRETS = {
  OWNER: 'the & owner',
  OPERATOR: "the operator's",
  PASSWORD: 'the-Passw0rd',
  KEY: 'BCDFG-HJKMN-PQRTV-WXY23-46789',
  JOIN: 'the <join>',
};
const windows = {
  productKey: 'env:KEY',
  administratorPassword: 'env:PASSWORD',
  unattend: { install: OPERATOR, sysprep: OPERATOR },
  sysprep: { domainJoin: { domain: 'example.com', machinePassword: 'env:JOIN' } },
};

for (const pass of ['install', 'sysprep']) {
  test(`${pass}: XML on standard output, notes on standard error; secrets are masked, and not even read`, async (t) => {
    const { code, stdout, stderr } = await ingot(['unattend', 'show', imageFile(t, windows), '--pass', pass]);
    assert.equal(code, 0, stderr);
    const values = valuesOf(stdout);
    assert.ok(values.includes('operator') && values.includes('********'));
    assert.match(stderr, /^note: secrets are masked; --reveal shows them$/m);
    assert.ok(
      stderr.split('\n').every((line) => line === '' || line.startsWith('note: ')),
      stderr,
    );
  });

  test(`${pass}: --reveal shows all of them`, async (t) => {
    const show = ['unattend', 'show', imageFile(t, windows), '--pass', pass, '--reveal'];
    const { code, stdout, stderr } = await ingot(show, { env: SECRETS });
    assert.equal(code, 0, stderr);
    const values = valuesOf(stdout);
    const encoded = encodePassword(SECRETS.PASSWORD, 'AdministratorPassword').Value;
    const own = pass === 'install' ? SECRETS.KEY : SECRETS.JOIN;
    for (const text of [SECRETS.OWNER, own, encoded, SECRETS.OPERATOR]) assert.ok(values.includes(text), text);
    assert.ok(!values.includes('********'));
    const failed = await ingot(show, { env: { ...SECRETS, OWNER: undefined } });
    assert.deepEqual([failed.code, failed.stdout], [1, '']);
    assert.match(failed.stderr, /secret\.missing/);
  });
}

test('the password that a build makes up is a placeholder, and the public key is shown', async () => {
  const show = ['unattend', 'show', sample, '--pass', 'install'];
  const masked = await ingot(show);
  assert.match(
    masked.stderr,
    /^note: the password of Administrator is made up by each build; \*{8} stands in its place$/m,
  );
  assert.ok(valuesOf(masked.stdout).includes('N2KJX-J94YW-TQVFB-DG9YT-724CC'));
  assert.equal(valuesOf(masked.stdout).filter((text) => text === '*'.repeat(8)).length, 2);
  assert.doesNotMatch(masked.stdout, /RANDOM-PASSWORD/);
  const revealed = await ingot([...show, '--reveal']);
  assert.match(revealed.stderr, /; RANDOM-PASSWORD-OF-THE-BUILD stands in its place$/m);
  assert.equal(valuesOf(revealed.stdout).filter((text) => text === 'RANDOM-PASSWORD-OF-THE-BUILD').length, 2);
});

test('the image is named by its index where the ISO is at hand, else as such images are usually named', async (t) => {
  const image = async (windows: Json, media: Json) => {
    const shown = await ingot(['unattend', 'show', imageFile(t, windows, media), '--pass', 'install']);
    assert.equal(shown.code, 0, shown.stderr);
    const [metadata = ''] = /<MetaData[\s\S]*?<\/MetaData>/.exec(shown.stdout) ?? [];
    return [...metadata.matchAll(/<(?:Key|Value)>(.*)</g)]
      .map(([, text]) => text)
      .concat(shown.stderr.match(/the ISO|there is no/) ?? []);
  };
  const elsewhere = '[datastore1] iso/windows.iso';
  const datacenter = { version: '2022', edition: 'Datacenter' };
  assert.deepEqual(await image(datacenter, { iso: iso('windows-server-2022') }), ['/IMAGE/INDEX', '3']);
  assert.deepEqual(await image(datacenter, { iso: elsewhere }), [
    '/IMAGE/NAME',
    'Windows Server 2022 SERVERDATACENTERCORE',
    'the ISO',
  ]);
  assert.deepEqual(await image({ ...datacenter, installationType: 'Server' }, { iso: './none.iso' }), [
    '/IMAGE/NAME',
    'Windows Server 2022 SERVERDATACENTER',
    'there is no',
  ]);
  assert.deepEqual(await image({}, { iso: elsewhere }), [
    '/IMAGE/NAME',
    'Windows Server SERVERSTANDARDACORE',
    'the ISO',
  ]);
  assert.deepEqual(await image({}, { iso: elsewhere, edition: '2' }), ['/IMAGE/INDEX', '2', 'the ISO']);
  assert.deepEqual(await image({}, { iso: elsewhere, edition: 'ServerDatacenterACor' }), [
    '/IMAGE/NAME',
    'Windows Server SERVERDATACENTERACORE',
    'the ISO',
  ]);
});

test('a wrong image file is exit code 2, and nothing on standard output', async (t) => {
  const file = imageFile(t, { unattend: { install: { specialise: {} } } });
  const { code, stdout, stderr } = await ingot(['unattend', 'show', file, '--pass', 'install']);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.match(
    stderr,
    /^\S+image\.yaml:\d+:\d+ windows\.unattend\.install\.specialise: expected .*; write specialize$/m,
  );
  const without = await ingot(['unattend', 'show', file]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /required option '--pass <pass>' not specified/);
});
