import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { loadText } from '../../image/index.ts';
import { type SmokeFacts, smokeReport } from '../../steps/smoke/facts.ts';
import { isProblem, judge, smokeFailure } from '../../steps/smoke/judge.ts';
import { sample } from '../cli/ingot.ts';

const [clonesKey, mastersKey, mastersRsa] = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdKNJoBAXswxAr4h9EUg/6lnDzShJ3/cLNs/XdIlhEe',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvZHkgb2YgYW5vdGhlciBrZXkgaGVyZSEhISEhISEh',
  `ssh-rsa ${rsaBlob()}`,
];
const administrators = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvZHkgb2YgYW4gYWRtaW4ga2V5IGhlcmUhISEhISEh admin@site';

const good: SmokeFacts = {
  run: '1',
  computerName: 'WINHOST',
  domain: 'WORKGROUP',
  partOfDomain: false,
  imageState: 'IMAGE_STATE_COMPLETE',
  systemSetupInProgress: 0,
  oobeInProgress: 0,
  osBuild: '19042.508',
  hostKeys: [clonesKey],
  sshd: { status: 'Running', startType: 'Automatic', port: 22, banner: 'SSH-2.0-OpenSSH_for_Windows_8.1' },
  tools: { status: 'Running', startType: 'Automatic', version: '12.3.5' },
  runtime: { name: 'docker', status: 'Running', startType: 'Automatic', answers: true, answer: '20.10.9' },
  rules: [
    { name: 'ContainerLogsPort', port: '10250', protocol: 'TCP', enabled: true, direction: 'Inbound', action: 'Allow' },
  ],
  authorizedKeys: { keys: [administrators], acl: 'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)' },
  toolsConf: Buffer.from('[guestinfo]\r\nexclude-nics=\r\n').toString('base64'),
  timeZone: 'UTC',
  leftovers: [],
  passwordFiles: [],
  disk: { size: 60 * 2 ** 30, unallocated: 2 ** 20 },
  dns: [],
  published: true,
};

async function imageWith(changes: Readonly<Record<string, unknown>> = {}) {
  const file = { ...parse(await readFile(sample, 'utf8')), ...changes };
  const { image, problems } = loadText(sample, JSON.stringify(file), { env: {} });
  assert.ok(image, JSON.stringify(problems));
  return image;
}

async function codesOf(facts: Partial<SmokeFacts>, changes: Readonly<Record<string, unknown>> = {}) {
  const verdicts = judge(
    { ...good, ...facts },
    {
      image: await imageWith(changes),
      authorizedKeys: [administrators.replace('admin@site', 'other@comment')],
      master: { computerName: 'winhost', hostKeys: [mastersKey, mastersRsa] },
    },
  );
  return verdicts.filter(isProblem).map(({ code }) => code);
}

suite('what must hold in a clone', () => {
  test('a good one: every line is a proof', async () => {
    assert.deepEqual(await codesOf({}), []);
  });

  const wrong: readonly { readonly name: string; readonly facts: Partial<SmokeFacts>; readonly code: string }[] = [
    { name: 'OOBE by the image state', facts: { imageState: 'IMAGE_STATE_UNDEPLOYABLE' }, code: 'smoke.oobe' },
    { name: 'OOBE by the registry', facts: { oobeInProgress: 1 }, code: 'smoke.oobe' },
    { name: 'Setup by the registry', facts: { systemSetupInProgress: 1 }, code: 'smoke.oobe' },
    { name: 'another name', facts: { computerName: 'WIN-1' }, code: 'smoke.computer-name' },
    { name: 'a host key of the master', facts: { hostKeys: [clonesKey, mastersRsa] }, code: 'smoke.host-keys' },
    { name: 'no host key', facts: { hostKeys: [] }, code: 'smoke.host-keys' },
    { name: 'sshd says nothing', facts: { sshd: { ...good.sshd, banner: '' } }, code: 'smoke.sshd' },
    { name: 'another service answers', facts: { sshd: { ...good.sshd, banner: 'HTTP/1.1 400' } }, code: 'smoke.sshd' },
    { name: 'sshd by hand', facts: { sshd: { ...good.sshd, startType: 'Manual' } }, code: 'smoke.sshd' },
    { name: 'another port', facts: { sshd: { ...good.sshd, port: 2222 } }, code: 'smoke.sshd' },
    { name: 'no key', facts: { authorizedKeys: { ...good.authorizedKeys, keys: [] } }, code: 'smoke.keys' },
    {
      name: 'a wide ACL',
      facts: {
        authorizedKeys: { ...good.authorizedKeys, acl: 'O:BAG:SYD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;FR;;;AU)' },
      },
      code: 'smoke.keys',
    },
    { name: 'Tools by hand', facts: { tools: { ...good.tools, startType: 'Manual' } }, code: 'smoke.tools' },
    { name: 'no tools.conf', facts: { toolsConf: '' }, code: 'smoke.tools-conf' },
    { name: 'no runtime', facts: { runtime: null }, code: 'smoke.runtime' },
    {
      name: 'a disabled rule',
      facts: { rules: good.rules.map((rule) => ({ ...rule, enabled: false })) },
      code: 'smoke.firewall',
    },
    {
      name: 'another port of a rule',
      facts: { rules: good.rules.map((rule) => ({ ...rule, port: '1' })) },
      code: 'smoke.firewall',
    },
    {
      name: 'another direction of a rule',
      facts: { rules: good.rules.map((rule) => ({ ...rule, direction: 'Outbound' })) },
      code: 'smoke.firewall',
    },
    {
      name: 'a rule that blocks',
      facts: { rules: good.rules.map((rule) => ({ ...rule, action: 'Block' })) },
      code: 'smoke.firewall',
    },
    { name: 'a time zone', facts: { timeZone: 'Pacific Standard Time' }, code: 'smoke.time-zone' },
    { name: 'a file of the build', facts: { leftovers: ['C:\\ProgramData\\ingot\\a'] }, code: 'smoke.leftovers' },
  ];
  for (const { name, facts, code } of wrong) {
    test(`wrong: ${name}`, async () => assert.deepEqual(await codesOf(facts), [code]));
  }

  test('all problems are told at once, the first one in front', async () => {
    const facts = { timeZone: 'x', runtime: null, sshd: { ...good.sshd, banner: '' } };
    assert.deepEqual(await codesOf(facts), ['smoke.sshd', 'smoke.runtime', 'smoke.time-zone']);
    const failure = smokeFailure(
      ['a', 'b'].map((name) => ({ code: `smoke.${name}`, message: `expected ${name}`, remedy: `mend ${name}` })),
    );
    assert.deepEqual([failure.code, failure.remedy], ['smoke.a', 'mend a']);
    assert.deepEqual(failure.evidence, ['also smoke.b: expected b; mend b']);
  });
});

suite('what the image file asks for', () => {
  test('*: another name than the master, whatever its case', async () => {
    const changes = { windows: { version: '20H2', sysprep: { computerName: '*' } } };
    assert.deepEqual(await codesOf({}, changes), ['smoke.computer-name']);
    assert.deepEqual(await codesOf({ computerName: 'WIN-ABCDEFGHIJK' }, changes), []);
  });

  test('settings of its own in the answer file come first', async () => {
    const sysprep = {
      specialize: { 'Microsoft-Windows-Shell-Setup': { ComputerName: 'node-1' } },
      oobeSystem: { 'Microsoft-Windows-Shell-Setup': { TimeZone: 'Tokyo Standard Time' } },
    };
    const changes = { windows: { version: '20H2', unattend: { sysprep } } };
    assert.deepEqual(await codesOf({}, changes), ['smoke.computer-name', 'smoke.time-zone']);
    assert.deepEqual(await codesOf({ computerName: 'NODE-1', timeZone: 'Tokyo Standard Time' }, changes), []);
  });

  test('a disk that is to be filled, and is not', async () => {
    const disk = { size: 128 * 2 ** 30, unallocated: 68 * 2 ** 30 };
    assert.deepEqual(await codesOf({ disk }), []);
    const changes = { windows: { version: '20H2', timeZone: 'UTC', sysprep: { extendOsPartition: true } } };
    assert.deepEqual(await codesOf({ disk }, changes), ['smoke.disk']);
  });

  test('no runtime, no rules: nothing is asked for', async () => {
    const changes = { docker: undefined, firewall: { rules: [] } };
    assert.deepEqual(await codesOf({ runtime: null, rules: [] }, changes), []);
  });
});

test('facts of another run, or none, are no report', () => {
  const report = JSON.stringify({ run: '1', computerName: 'A' });
  assert.equal(smokeReport(report, '1')?.computerName, 'A');
  for (const value of [undefined, '', 'no JSON', '{}', report.replace('"1"', '"2"'), `"${'x'.repeat(70_000)}"`])
    assert.equal(smokeReport(value, '1'), undefined);
});

/** An RSA key of 2048 bits as a blob (RFC 4253, 6.6); its numbers mean nothing. */
function rsaBlob(): string {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const modulus = Buffer.alloc(257, 1);
  modulus[0] = 0;
  modulus[1] = 0x80;
  return Buffer.concat([field(Buffer.from('ssh-rsa')), field(Buffer.from([1, 0, 1])), field(modulus)]).toString(
    'base64',
  );
}
