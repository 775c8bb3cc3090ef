import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { IngotError } from '../../common/failure.ts';
import { fingerprintOf, writeSshStrings } from '../../common/ssh-wire.ts';
import { readOperatorKey } from '../../handover/private-key.ts';
import { openHandoverSite, sealed } from './site.ts';

const run = promisify(execFile);
const site = await openHandoverSite();
const at = (name: string) => join(site.folder, name);
const CREATE = 'oc create secret generic cloud-private-key --from-file=private-key.pem=';
const NAMESPACE = '-n openshift-windows-machine-config-operator';

/** The facts of a template with these keys, digested by ssh-keygen. */
async function factsOf(...publicKeys: string[]): Promise<string> {
  const authorizedKeys = await Promise.all(publicKeys.map(listed));
  return JSON.stringify({
    version: 1,
    authorizedKeys,
    windows: { version: '2022', build: '20348.2700', installationType: 'Server Core' },
    ports: ['10250'],
  });
}

/** What ssh-keygen -l says of a key, and the type that its .pub file has. */
async function listed(file: string) {
  const { stdout } = await run('ssh-keygen', ['-l', '-f', file]);
  const [, bits, fingerprint = '', comment = ''] = /^(\d+) (\S+) (.*) \(\w+\)$/m.exec(stdout) ?? [];
  const [type = ''] = (await readFile(file, 'utf8')).split(' ');
  return { type, bits: Number(bits), fingerprint, comment };
}

async function keygen(name: string, ...words: string[]): Promise<string> {
  await run('ssh-keygen', ['-q', '-N', '', '-C', name, '-f', at(name), ...words]);
  return at(name);
}

let count = 0;
/** A template with these keys, and an image file of it. */
async function sealedWith(publicKeys: readonly string[], more = ''): Promise<string> {
  const name = `windows-${++count}`;
  const facts = publicKeys.length === 0 ? {} : { 'ingot.facts': await factsOf(...publicKeys) };
  await site.template(name, { extraConfig: { ...sealed, ...facts } });
  return site.image([`template: { name: ${name} }`, more].join('\n'));
}

suite('the private key of the template', () => {
  test('its Secret is made by a command that names the file and shows nothing of it', async () => {
    const other = await keygen('other', '-t', 'ecdsa');
    const file = await sealedWith([`${other}.pub`, at('key.pub')]);
    const { code, stdout, stderr } = await site.ingot(['handover', 'secret', file]);
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    const { fingerprint } = await listed(at('key.pub'));
    assert.equal(lines[0], `# The private key of ${fingerprint} ssh-ed25519, 256 bits, “node-admin”:`);
    assert.match(lines[1] ?? '', /^# it opens the clones of \/DC0\/vm\/windows-\d+, as build 20261121T000000Z-0000/);
    assert.deepEqual(lines.slice(2), [`${CREATE}${at('key')} ${NAMESPACE}`]);
    assert.ok(!/PRIVATE KEY/.test(stdout + stderr));
  });

  test('a comment of the key that is no comment stays one: what is printed is piped to sh', async () => {
    const facts = JSON.parse(await factsOf(at('key.pub')));
    facts.authorizedKeys[0].comment = 'x\ntouch y\u001b[2J\r\u0085z';
    await site.template('lines', { extraConfig: { ...sealed, 'ingot.facts': JSON.stringify(facts) } });
    const file = await site.image('template: { name: lines }');
    const { stdout } = await site.ingot(['handover', 'secret', file]);
    assert.match(stdout, /^# .*“x touch y \[2J z”:\n# [^\n]*\noc create [^\n]*\n$/);
    const revealed = await site.ingot(['handover', 'secret', file, '--reveal']);
    assert.match(revealed.stdout, /^# .*“x touch y \[2J z”:\n# [^\n]*\n\napiVersion/);
    const other = await site.ingot(['handover', 'secret', file, '--key', await keygen('stranger', '-t', 'ed25519')]);
    assert.match(other.stderr, /in the template: .*“x touch y \[2J z”\n/);
  });

  test('--reveal prints the Secret, whose key ssh-keygen reads back', async () => {
    const file = await sealedWith([at('key.pub')]);
    const { code, stdout, stderr } = await site.ingot(['handover', 'secret', file, '--reveal']);
    assert.equal(code, 0, stderr);
    const { stringData, ...rest } = parse(stdout);
    assert.deepEqual(rest, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cloud-private-key', namespace: 'openshift-windows-machine-config-operator' },
      type: 'Opaque',
    });
    assert.deepEqual(Object.keys(stringData), ['private-key.pem']);
    assert.equal(stringData['private-key.pem'], await readFile(at('key'), 'utf8'));
    const copy = at('revealed');
    await writeFile(copy, stringData['private-key.pem'], { mode: 0o600 });
    const { stdout: publicKey } = await run('ssh-keygen', ['-y', '-f', copy]);
    assert.equal(publicKey, await readFile(at('key.pub'), 'utf8'));
  });

  test('of a variable or a command: piped, by what reads it', async () => {
    const image = await readFile(await sealedWith([at('key.pub')]), 'utf8');
    const key = await readFile(at('key'), 'utf8');
    const from = async (name: string, reference: string) => {
      await writeFile(at(name), image.replace("'file:./key'", JSON.stringify(reference)));
      const ended = await site.ingot(['handover', 'secret', at(name)], { OPERATOR_KEY: key });
      assert.equal(ended.code, 0, ended.stderr);
      return ended.stdout.trimEnd().split('\n').at(-1);
    };
    const piped = `| ${CREATE}/dev/stdin ${NAMESPACE}`;
    assert.equal(await from('env.yaml', 'env:OPERATOR_KEY'), `printenv OPERATOR_KEY ${piped}`);
    assert.equal(await from('exec.yaml', 'exec:cat "./key"'), `(cd ${site.folder} && cat ./key) ${piped}`);
  });
});

for (const [name, words] of [
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['rsa-pkcs8', ['-t', 'rsa', '-b', '3072', '-m', 'PKCS8']],
  ['p256', ['-t', 'ecdsa', '-b', '256']],
  ['p384-pem', ['-t', 'ecdsa', '-b', '384', '-m', 'PEM']],
  ['p521-pkcs8', ['-t', 'ecdsa', '-b', '521', '-m', 'PKCS8']],
  ['p521', ['-t', 'ecdsa', '-b', '521']],
] as const) {
  test(`the public half is what ssh-keygen says: ${name}`, async () => {
    const key = await keygen(name, ...words);
    const { type, bits, fingerprint } = await listed(`${key}.pub`);
    const read = readOperatorKey(await readFile(key, 'utf8'));
    assert.deepEqual({ ...read, comment: '' }, { type, bits, fingerprint, comment: '' });
  });
}

test('the public half is what OpenSSL says: Ed25519 in PKCS#8', async () => {
  const key = at('ed25519.pem');
  await run('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
  const { stdout } = await run('openssl', ['pkey', '-in', key, '-pubout', '-outform', 'DER'], { encoding: 'buffer' });
  const { type, fingerprint } = readOperatorKey(await readFile(key, 'utf8'));
  assert.equal(type, 'ssh-ed25519');
  assert.equal(fingerprint, fingerprintOf(writeSshStrings('ssh-ed25519', stdout.subarray(-32))));
});

suite('what cannot be the private key of the template', () => {
  test('another one: both fingerprints, and what to do', async () => {
    const key = await keygen('another', '-t', 'ed25519');
    const file = await sealedWith([at('key.pub')]);
    const { code, stdout, stderr } = await site.ingot(['handover', 'secret', file, '--key', key]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    const [mine, theirs] = await Promise.all([listed(`${key}.pub`), listed(at('key.pub'))]);
    assert.match(stderr, /\(handover\.key-mismatch\)/);
    assert.ok(stderr.includes(`the private key: ${mine.fingerprint}`), stderr);
    assert.ok(stderr.includes(`in the template: ${theirs.fingerprint}`), stderr);
    assert.match(stderr, /what to do: give the private key that belongs to the template \(--key FILE\)/);
  });

  test('a template of an older build says nothing of its keys', async () => {
    const file = await sealedWith([]);
    const { code, stderr } = await site.ingot(['handover', 'secret', file, '--reveal']);
    assert.equal(code, 1);
    assert.match(stderr, /\(handover\.no-facts\)/);
    assert.match(stderr, /what to do: build again/);
  });

  test('a template that runs: said together with a key that does not fit', async () => {
    await site.template('running', {
      extraConfig: { ...sealed, 'ingot.facts': await factsOf(at('key.pub')) },
      vm: true,
    });
    await site.govc('vm.power', '-on', '/DC0/vm/running');
    const file = await site.image('template: { name: running }');
    const key = await keygen('third', '-t', 'ed25519');
    const { code, stderr } = await site.ingot(['handover', 'secret', file, '--key', key]);
    assert.equal(code, 1);
    for (const wrong of ['powered-on', 'not-a-template', 'key-mismatch']) {
      assert.ok(stderr.includes(`(handover.${wrong})`), stderr);
    }
  });

  test('keys that the operator cannot use or refuses', async () => {
    const file = await sealedWith([at('key.pub')]);
    await keygen('locked', '-t', 'ed25519', '-N', 'hidden-words');
    await keygen('locked-pem', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'hidden-words');
    await keygen('locked-pkcs8', '-t', 'rsa', '-b', '2048', '-m', 'PKCS8', '-N', 'hidden-words');
    await keygen('short', '-t', 'rsa', '-b', '1024');
    await run('openssl', ['ecparam', '-genkey', '-name', 'secp224r1', '-noout', '-out', at('p224')]);
    await run('openssl', ['ecparam', '-genkey', '-name', 'secp256k1', '-noout', '-out', at('k256')]);
    await run('openssl', ['ecparam', '-genkey', '-name', 'prime256v1', '-out', at('parameters')]);
    await run('openssl', [
      'genpkey',
      '-genparam',
      '-algorithm',
      'DSA',
      '-pkeyopt',
      'dsa_paramgen_bits:1024',
      '-out',
      at('dsaparam'),
    ]);
    await run('openssl', ['genpkey', '-paramfile', at('dsaparam'), '-out', at('dsa')]);
    await writeFile(at('ppk'), 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\n');
    await writeFile(at('nothing'), 'nothing of a key\n');
    const whole = await readFile(at('key'), 'utf8');
    const lines = whole.split('\n');
    await writeFile(at('cut'), [...lines.slice(0, 2), ...lines.slice(-2)].join('\n'));
    await copyFile(at('key.pub'), at('copy.pub'));
    for (const [name, problem, words] of [
      ['locked', 'encrypted', /without a passphrase/],
      ['locked-pem', 'encrypted', /ssh-keygen -p -N ''/],
      ['locked-pkcs8', 'encrypted', /passphrase/],
      ['short', 'weak', /an RSA key of 1024 bits/],
      ['p224', 'weak', /P-224/],
      ['k256', 'format', /secp256k1/],
      ['dsa', 'weak', /a DSA key/],
      ['parameters', 'format', /EC PARAMETERS/],
      ['ppk', 'format', /puttygen KEY\.ppk -O private-openssh/],
      ['nothing', 'format', /no PEM block/],
      ['cut', 'format', /cut/],
      ['copy.pub', 'public', /without \.pub/],
    ] as const) {
      const key = await readFile(at(name), 'utf8');
      assert.throws(
        () => readOperatorKey(key),
        (error) => {
          assert.ok(error instanceof IngotError, name);
          assert.equal(error.code, `handover.key-${problem}`, name);
          assert.match(`${error.message} ${error.remedy}`, words, name);
          return true;
        },
      );
    }
    const { code, stdout, stderr } = await site.ingot(['handover', 'secret', file, '--key', at('cut'), '--reveal']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /\(handover\.key-format\)/);
    assert.ok(!stderr.includes(lines[1] ?? '?'), stderr);
  });

  test('halves that do not belong together, in PEM', async () => {
    const [mine, theirs] = await Promise.all(
      ['pem-1', 'pem-2'].map(async (name) => {
        await run('openssl', ['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', at(name)]);
        return Buffer.from((await readFile(at(name), 'utf8')).replace(/-----.*-----/g, ''), 'base64');
      }),
    );
    // SEC 1: the private number stands before the public point, which is the end.
    const mixed = Buffer.concat(
      [mine, theirs].map((der = Buffer.alloc(0), index) => (index === 0 ? der.subarray(0, -64) : der.subarray(-64))),
    ).toString('base64');
    assert.throws(() => readOperatorKey(`-----BEGIN EC PRIVATE KEY-----\n${mixed}\n-----END EC PRIVATE KEY-----\n`), {
      code: 'handover.key-format',
      message: /does not belong to the public half/,
    });
  });

  test('halves that do not belong together', async () => {
    const blobs = await Promise.all(
      ['key', 'mixed'].map(async (name) => {
        const key = name === 'key' ? at('key') : await keygen(name, '-t', 'ed25519', '-C', 'node-admin');
        return Buffer.from((await readFile(key, 'utf8')).replace(/-----.*-----/g, ''), 'base64');
      }),
    );
    const [mine = Buffer.alloc(0), theirs = Buffer.alloc(0)] = blobs;
    // The public half begins behind the header: magic, three strings, a number and a length.
    const split = 15 + 8 + 8 + 4 + 4 + 4 + 51;
    const mixed = Buffer.concat([mine.subarray(0, split), theirs.subarray(split)]).toString('base64');
    assert.throws(
      () => readOperatorKey(`-----BEGIN OPENSSH PRIVATE KEY-----\n${mixed}\n-----END OPENSSH PRIVATE KEY-----\n`),
      { code: 'handover.key-format', message: /does not belong to the public half/ },
    );
  });

  test('an agent, which gives no key away; a file that is not there', async () => {
    const file = await sealedWith([at('key.pub')]);
    const text = await readFile(file, 'utf8');
    await writeFile(at('agent.yaml'), text.replace("privateKey: 'file:./key'", 'agent: true'));
    const agent = await site.ingot(['handover', 'secret', at('agent.yaml')]);
    assert.equal(agent.code, 1);
    assert.match(agent.stderr, /\(handover\.no-key\)\n {2}what to do: name its file: --key FILE/);
    const key = relative(process.cwd(), at('key'));
    assert.equal((await site.ingot(['handover', 'secret', at('agent.yaml'), '--key', key])).code, 0);
    const missing = await site.ingot(['handover', 'secret', file, '--key', 'no-such-key']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /\(secret\.missing\)/);
  });
});
