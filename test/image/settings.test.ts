import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { execaSync } from 'execa';
import { certificateFindings, storeCertificates } from '../../image/certificates.ts';
import { formatProblem, loadImage, loadText, Secret } from '../../image/index.ts';
import { registryData, registryKey } from '../../image/registry.ts';
import { SAMPLE, sampleText } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'ingot-test-settings-'));
after(() => rmSync(folder, { recursive: true }));

function withSettings(text: string): string {
  return sampleText.replace('updates: none', text);
}

function warnings(text: string): string[] {
  const { image, problems } = loadText(SAMPLE, withSettings(text));
  assert.ok(image !== undefined, problems.map(formatProblem).join('\n'));
  return problems.map(({ code, path, severity }) => `${severity} ${code} ${path}`);
}

suite('what Windows is set to', () => {
  test('nothing asked for: features and registry as they are, dumps and page file as Windows has them', () => {
    const { image } = loadText(SAMPLE, sampleText);
    assert.deepEqual(image?.features, { install: [], remove: [] });
    assert.deepEqual([image?.capabilities, image?.registry, image?.certificates], [[], [], []]);
    assert.deepEqual([image?.time, image?.memoryDump, image?.pageFile], [undefined, 'automatic', 'managed']);
    assert.deepEqual(image?.cleanup, { componentStore: 'cleanup', eventLogs: false, retrim: true });
    assert.equal(image?.defender.keep, false);
  });

  test('doubts are warnings: the image can be built', () => {
    assert.deepEqual(warnings('pageFile: 4GiB'), ['warning page-file.dump pageFile']);
    assert.deepEqual(warnings('pageFile: 4GiB\nmemoryDump: kernel'), []);
    assert.deepEqual(warnings('registry: [{ path: HKLM\\X, name: DefaultPassword, type: String, value: hunter2 }]'), [
      'warning registry.secret registry[0].value',
    ]);
    assert.deepEqual(
      warnings('registry: [{ path: HKLM\\X, name: DefaultPassword, type: String, value: { secret: env:A } }]'),
      [],
    );
    const joins = withSettings('time: { ntp: [ntp.example.com] }').replace(
      '  timeZone: UTC',
      '  timeZone: UTC\n  sysprep: { domainJoin: { domain: example.com, machinePassword: env:JOIN } }',
    );
    const { image, problems } = loadText(SAMPLE, joins);
    assert.ok(image !== undefined);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['time.domain'],
    );
  });
});

suite('registry values', () => {
  test('each type in its one form', () => {
    const secret = new Secret('env:X');
    assert.deepEqual(registryData('String', ''), { data: '' });
    assert.deepEqual(registryData('ExpandString', secret), { data: secret });
    assert.deepEqual(registryData('MultiString', ['a', 'b']), { data: ['a', 'b'] });
    assert.deepEqual(registryData('DWord', '0xFFFFFFFF'), { data: 4294967295 });
    assert.deepEqual(registryData('QWord', '0xffffffffffffffff'), { data: '18446744073709551615' });
    assert.deepEqual(registryData('Binary', 'DE ad,be\nEF'), { data: 'deadbeef' });
    for (const [type, value] of [
      ['String', 1],
      ['MultiString', ['a', '']],
      ['DWord', 1.5],
      ['DWord', '1 '],
      ['QWord', 2 ** 53],
      ['QWord', '99999999999999999999'],
      ['Binary', 'abc'],
      ['Binary', 10],
    ] as const) {
      assert.ok('expected' in registryData(type, value), `${type} ${value}`);
    }
  });

  test('hives by their long and short names, whichever way backslashes are written', () => {
    assert.deepEqual(registryKey('hkey_local_machine\\\\SOFTWARE\\A b\\'), { hive: 'HKLM', key: 'SOFTWARE\\A b' });
    assert.deepEqual(registryKey('HKU\\.DEFAULT\\Control Panel'), { hive: 'HKU\\.DEFAULT', key: 'Control Panel' });
    assert.deepEqual(registryKey('HKU\\Default\\Software'), { hive: 'HKU\\Default', key: 'Software' });
    for (const path of [
      'HKLM',
      'HKLM\\',
      'HKLM:\\SOFTWARE',
      'HKU\\S-1-5-18\\X',
      'HKCR\\X',
      'HKLM\\security',
      `HKLM\\${'x'.repeat(256)}`,
    ])
      assert.ok('found' in registryKey(path), path);
  });
});

/** A certificate that openssl makes, issued by itself; returns its file and that of its key. */
function certificate(name: string, ca = true) {
  const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const basic = `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`;
  const made = execaSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', file],
    ...['-subj', `/O=Example/CN=${name}`, '-addext', basic, '-days', '30'],
  ]);
  assert.equal(made.exitCode, 0);
  return { key, file };
}

const sslOf = (...args: string[]) => execaSync('openssl', args, { encoding: 'buffer' }).stdout;

/** The line of the sample that the settings take. */
const row = sampleText.split('\n').indexOf('updates: none') + 2;

async function judged(file: string, store: string): Promise<string[]> {
  const path = join(folder, 'image.yaml');
  writeFileSync(path, withSettings(`certificates:\n  - file: ${file}\n    store: ${store}`));
  const { problems } = await loadImage(path, { checkFiles: true });
  const ours = problems.filter(({ code }) => code.startsWith('certificates.'));
  for (const problem of ours)
    assert.deepEqual([problem.path, problem.line, problem.column], ['certificates[0].file', row, 11]);
  return ours.map(({ code, severity }) => `${severity} ${code}`);
}

suite('certificates', () => {
  const root = certificate('Example Root');
  const leaf = certificate('signer', false);

  test('what is wrong with one stands at its file; doubts are warnings', async () => {
    assert.deepEqual(await judged(root.file, 'Root'), []);
    assert.deepEqual(await judged(leaf.file, 'TrustedPublisher'), []);
    assert.deepEqual(await judged(leaf.file, 'Root'), ['warning certificates.store']);
    assert.deepEqual(await judged(leaf.file, 'CA'), ['warning certificates.store']);
    assert.deepEqual(await judged(root.file, 'TrustedPublisher'), ['warning certificates.store']);
    assert.deepEqual(await judged(join(folder, 'none.pem'), 'Root'), ['error certificates.content']);
  });

  test('one that is over is an error, one to come a warning', async () => {
    const at = async (days: number) => {
      const now = Date.now() + days * 86_400_000;
      const found = await certificateFindings({ file: root.file, store: 'Root' }, ['certificates', 0], now);
      return found.map(({ code, severity, found: what }) => [code, severity, what.slice(0, 12)]);
    };
    assert.deepEqual(await at(29), []);
    assert.deepEqual(await at(31), [['certificates.expired', undefined, 'Example Root']]);
    assert.deepEqual(await at(-3), [['certificates.not-yet', 'warning', 'Example Root']]);
  });

  test('a private key is refused wherever it stands, and so is PKCS#12', async () => {
    const both = join(folder, 'both.pem');
    writeFileSync(both, Buffer.concat([sslOf('x509', '-in', root.file), sslOf('pkey', '-in', root.key)]));
    const pfx = join(folder, 'both.pfx');
    execaSync('openssl', [
      'pkcs12',
      '-export',
      '-in',
      root.file,
      '-inkey',
      root.key,
      '-out',
      pfx,
      '-passout',
      'pass:x',
    ]);
    for (const file of [both, root.key, pfx]) {
      assert.deepEqual(await judged(file, 'Root'), ['error certificates.private-key'], file);
      await assert.rejects(storeCertificates([{ file, store: 'Root' }]), { code: 'certificates.private-key' });
    }
  });

  test('PEM with several and text between them, and DER: named as openssl names them', async () => {
    const chain = join(folder, 'chain.pem');
    const text = Buffer.from('# trusted by Example\r\n');
    writeFileSync(chain, Buffer.concat([text, sslOf('x509', '-in', root.file), text, sslOf('x509', '-in', leaf.file)]));
    const der = join(folder, 'root.cer');
    writeFileSync(der, sslOf('x509', '-in', root.file, '-outform', 'DER'));
    const found = await storeCertificates([
      { file: chain, store: 'Root' },
      { file: der, store: 'Root' },
      { file: der, store: 'CA' },
    ]);
    assert.deepEqual(
      found.map(({ store, subject }) => [store, subject]),
      [
        ['Root', 'Example Root'],
        ['Root', 'signer'],
        ['CA', 'Example Root'],
      ],
    );
    const print = (hash: string) =>
      Buffer.from(sslOf('x509', '-in', root.file, '-noout', '-fingerprint', hash))
        .toString()
        .replace(/^.*=|[:\s]/g, '');
    assert.equal(found[0]?.thumbprint, print('-sha1'));
    assert.equal(found[0]?.sha256, print('-sha256').toLowerCase());
  });
});
