import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSecrets, formatProblem, type Image, loadText, Secret } from '../../image/index.ts';
import { SAMPLE, sampleText } from './support.ts';

function load(windows: string, vars: Readonly<Record<string, string>> = {}) {
  return loadText(SAMPLE, sampleText.replace('  timeZone: UTC\n', windows), { vars });
}

function image(windows: string): Image {
  const loaded = load(windows);
  assert.ok(loaded.image, loaded.problems.map(formatProblem).join('\n'));
  return loaded.image;
}

function told(windows: string): string {
  return load(windows).problems.map(formatProblem).join('\n');
}

test('where the image file asks for nothing else, a clone is named as the image is, and joins nothing', () => {
  const { sysprep: all, recoveryPartition, network, unattend } = image('  computerName: builder\n').windows;
  const { removeAppx, ignoreErrors, ...sysprep } = all;
  assert.deepEqual(ignoreErrors, []);
  assert.ok(Array.isArray(removeAppx) && removeAppx.includes('Microsoft.MicrosoftEdge.Stable'));
  assert.deepEqual(
    { sysprep, recoveryPartition, network, unattend },
    {
      sysprep: { computerName: 'builder', extendOsPartition: false, domainJoin: undefined },
      recoveryPartition: false,
      network: undefined,
      unattend: {},
    },
  );
  assert.equal(image("  sysprep: { computerName: '*' }\n").windows.sysprep.computerName, '*');
});

test('the one way to join that is written is what is left', () => {
  const join = (written: string) => image(`  sysprep: { domainJoin: ${written} }\n`).windows.sysprep.domainJoin;
  assert.deepEqual(join('{ workgroup: NODES }'), { workgroup: 'NODES' });
  assert.deepEqual(Object.keys(join('{ accountData: env:X }') ?? {}), ['accountData']);
  const machine = join('{ domain: example.com, organizationalUnit: OU=N, machinePassword: env:X }');
  assert.deepEqual(Object.keys(machine ?? {}), ['domain', 'organizationalUnit', 'machinePassword']);
  const account = join('{ domain: example.com, credentials: { username: a, password: env:X, domain: b } }');
  assert.ok(account !== undefined && 'credentials' in account && account.credentials.password instanceof Secret);
  assert.equal(account.credentials.username, 'a');
});

test('secrets are found at any depth of the settings of users', () => {
  const settings = '{ specialize: { A: { B: [{ C: { secret: env:DEEP } }, { secret: env:ITEM }] } } }';
  const found = findSecrets(image(`  unattend: { install: ${settings} }\n`).windows);
  assert.deepEqual(
    found.map(({ path, secret }) => [path, secret.reference]),
    [
      ['unattend.install.specialize.A.B[0].C', 'env:DEEP'],
      ['unattend.install.specialize.A.B[1]', 'env:ITEM'],
    ],
  );
});

test('the nearest name is proposed', () => {
  assert.match(told("  timeZone: 'W. Europ Standard Time'\n"), /; write W\. Europe Standard Time$/);
  assert.match(told('  timeZone: Yakutsk Standrad Time\n'), /; write Yakutsk Standard Time$/);
  assert.match(told('  locale: pt-XX\n'), /; write pt-BR$/);
  assert.match(told('  inputLocale: ja-XX\n'), /; write ja-JP$/);
  assert.match(told('  unattend: { install: { oobesystem: {} } }\n'), /; write oobeSystem$/);
});

test('a component that nobody documents is passed on, with a warning if it looks like a known one', () => {
  assert.equal(told('  unattend: { install: { specialize: { Contoso-Agent: { Url: x } } } }\n'), '');
  const near = load('  unattend: { install: { specialize: { Microsoft-Windows-Shel-Setup: { OEMName: x } } } }\n');
  assert.ok(near.image);
  assert.deepEqual(
    near.problems.map(({ code, severity, remedy }) => [code, severity, remedy]),
    [['unattend.component-unknown', 'warning', 'write Microsoft-Windows-Shell-Setup if that is what you mean']],
  );
});

test('a public key is no secret, and a reference is no value in clear', () => {
  const settings = `{ ProductKey: VDYBN-27WPP-V4HQT-9VMD4-VMK7H, Password: { Value: { secret: env:X }, PlainText: true } }`;
  const items = '[{ wcm:keyValue: 1, Path: x, Password: "" }]';
  assert.equal(told(`  unattend: { install: { specialize: { A: ${settings}, B: { C: ${items} } } } }\n`), '');
});

test('time zones, languages and keyboards that Windows has are taken', () => {
  for (const windows of [
    '  timeZone: W. Europe Standard Time_dstoff\n',
    '  timeZone: UTC+13\n',
    '  locale: sr-Latn-RS\n  inputLocale: 0407:00010407\n  uiLanguage: zh-TW\n',
  ]) {
    assert.equal(told(windows), '');
  }
});

test('numbers and truth values are settings as they are written; null takes one away', () => {
  const tree = image('  unattend: { install: { specialize: { A: { b: 0, c: 12, d: true, e: "00409" }, F: ~ } } }\n');
  assert.deepEqual(tree.windows.unattend.install, {
    specialize: { A: { b: 0, c: 12, d: true, e: '00409' }, F: null },
  });
});

test('commands in place of the one against sleep are taken, with a warning; other accounts and settings without', () => {
  const command = '[{ Order: 1, Path: x.exe }]';
  const commands = `{ specialize: { Microsoft-Windows-Deployment: { RunSynchronous: { RunSynchronousCommand: ${command} } } } }`;
  const { image: taken, problems } = load(`  unattend: { install: ${commands} }\n`);
  assert.ok(taken);
  assert.deepEqual(
    problems.map(({ code, severity, path }) => [code, severity, path]),
    [
      [
        'unattend.replaced',
        'warning',
        'windows.unattend.install.specialize.Microsoft-Windows-Deployment.RunSynchronous',
      ],
    ],
  );
  assert.equal(told(`  unattend: { sysprep: ${commands} }\n`), '');
  const accounts = '{ LocalAccounts: { LocalAccount: [{ Name: a }] } }';
  const shell = `{ UserAccounts: ${accounts}, OOBE: { ProtectYourPC: 1 } }`;
  assert.equal(told(`  unattend: { install: { oobeSystem: { Microsoft-Windows-Shell-Setup: ${shell} } } }\n`), '');
  const autoLogon = '{ AutoLogon: { Enabled: false } }';
  assert.equal(told(`  unattend: { sysprep: { oobeSystem: { Microsoft-Windows-Shell-Setup: ${autoLogon} } } }\n`), '');
});
