import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DomainJoin } from '../../unattend/components/domain-join.ts';
import { lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { decodePassword, encodePassword } from '../../unattend/password.ts';
import { type SysprepOptions, sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { facts, failure, sysprepOptions, xmllint } from './samples.ts';

/**
 * The answer file of OpenShift's documentation, “Creating a Windows VM golden image for vSphere”, as published, with
 * the placeholders that `sysprepOptions` has too.
 */
const SAMPLE = readFileSync(join(import.meta.dirname, 'openshift-sysprep.xml'), 'utf8');
const PASSWORD = 'oobeSystem/Microsoft-Windows-Shell-Setup/UserAccounts/AdministratorPassword';
const SPECIALIZE = 'specialize/Microsoft-Windows';

function written(changes: Partial<SysprepOptions> = {}): Record<string, string> {
  const xml = writeAnswerFile(sysprepAnswerFile({ ...sysprepOptions, ...changes }));
  xmllint(xml);
  const file = parseAnswerFile(xml);
  const findings = lintAnswerFile(file, { use: 'sysprep' });
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  return facts(file);
}

function below(found: Record<string, string>, prefix: string): Record<string, string> {
  const entries = Object.entries(found).filter(([path]) => path.startsWith(prefix));
  return Object.fromEntries(entries.map(([path, value]) => [path.slice(prefix.length), value]));
}

test('it sets what OpenShift’s sample sets, setting by setting, and nothing else', () => {
  const { [`${PASSWORD}/Value`]: password, [`${PASSWORD}/PlainText`]: plain, ...ours } = written();
  const { [`${PASSWORD}/Value`]: theirs, [`${PASSWORD}/PlainText`]: _, ...sample } = facts(parseAnswerFile(SAMPLE));
  assert.equal(Object.keys(sample).length, 22);
  assert.deepEqual(ours, sample);
  assert.equal(plain, 'false');
  assert.equal(decodePassword(password ?? '', 'AdministratorPassword'), theirs);
});

test('OpenShift’s sample has no errors; what it is warned of is known', () => {
  const findings = lintAnswerFile(parseAnswerFile(SAMPLE), { use: 'sysprep' });
  assert.deepEqual(
    findings.map(({ code, severity, place }) => `${place?.line} ${severity} ${code}`),
    ['34 warning unattend.skip-oobe', '35 warning unattend.skip-oobe', '42 warning unattend.password-plain'],
  );
});

test('names, zone and locale are the image file’s', () => {
  const found = written({
    computerName: '*',
    timeZone: 'UTC',
    locale: { input: 'de-DE', system: 'de-DE', ui: 'en-US', user: 'de-AT' },
  });
  assert.equal(found[`${SPECIALIZE}-Shell-Setup/ComputerName`], '*');
  assert.equal(found[`${SPECIALIZE}-International-Core/UserLocale`], 'de-AT');
  assert.equal(found[`${SPECIALIZE}-International-Core/UILanguageFallback`], 'en-US');
});

test('the Windows partition grows with the clone’s disk when asked', () => {
  const path = `${SPECIALIZE}-Deployment/ExtendOSPartition/`;
  assert.deepEqual(below(written(), path), {});
  assert.deepEqual(below(written({ extendOsPartition: true }), path), { Extend: 'true' });
});

test('a clone joins a domain in one of the documented ways', () => {
  const joined = (domainJoin: DomainJoin) =>
    below(written({ domainJoin }), `${SPECIALIZE}-UnattendedJoin/Identification/`);
  const domain = 'example.com';
  const organizationalUnit = 'OU=Nodes,DC=example,DC=com';
  assert.deepEqual(joined({ domain, organizationalUnit, credentials: { username: 'EXAMPLE\\ops', password: 'p<w' } }), {
    'Credentials/Password': 'p<w',
    'Credentials/Username': 'EXAMPLE\\ops',
    JoinDomain: domain,
    MachineObjectOU: organizationalUnit,
  });
  assert.deepEqual(joined({ domain, machinePassword: 'pw' }), {
    JoinDomain: domain,
    MachinePassword: 'pw',
    UnsecureJoin: 'true',
  });
  assert.deepEqual(joined({ accountData: 'ARAI' }), { 'Provisioning/AccountData': 'ARAI' });
  assert.deepEqual(joined({ workgroup: 'NODES' }), { JoinWorkgroup: 'NODES' });
});

test('an interface has static addresses, gateways and DNS, in the order that Windows asks for', () => {
  const network = {
    dnsSuffix: 'example.com',
    dnsSuffixes: ['a.example.com', 'example.com'],
    interfaces: [
      {
        identifier: '00:50:56:ab:cd:ef',
        addresses: ['192.0.2.10/24', '2001:db8::10/64'],
        gateways: ['192.0.2.1', '2001:db8::1'],
        dnsServers: ['192.0.2.53', '2001:db8::53'],
        dnsSuffix: 'nodes.example.com',
      },
      { identifier: 'Ethernet1', dnsServers: ['192.0.2.54'] },
    ],
  };
  const found = written({ network });
  const tcp = below(found, `${SPECIALIZE}-TCPIP/Interfaces/Interface[1]/`);
  // As a list: the order matters to Windows.
  assert.deepEqual(Object.entries(tcp), [
    ['Ipv4Settings/DhcpEnabled', 'false'],
    ['Ipv6Settings/DhcpEnabled', 'false'],
    ['Identifier', '00-50-56-AB-CD-EF'],
    ['UnicastIpAddresses/IpAddress[1]', '192.0.2.10/24'],
    ['UnicastIpAddresses/IpAddress[2]', '2001:db8::10/64'],
    ['Routes/Route[1]/Identifier', '1'],
    ['Routes/Route[1]/NextHopAddress', '192.0.2.1'],
    ['Routes/Route[1]/Prefix', '0.0.0.0/0'],
    ['Routes/Route[2]/Identifier', '2'],
    ['Routes/Route[2]/NextHopAddress', '2001:db8::1'],
    ['Routes/Route[2]/Prefix', '::/0'],
  ]);
  assert.deepEqual(below(found, `${SPECIALIZE}-TCPIP/Interfaces/Interface[2]/`), {});
  assert.deepEqual(below(found, `${SPECIALIZE}-DNS-Client/`), {
    DNSDomain: 'example.com',
    'DNSSuffixSearchOrder/DomainName[1]': 'a.example.com',
    'DNSSuffixSearchOrder/DomainName[2]': 'example.com',
    'Interfaces/Interface[1]/Identifier': '00-50-56-AB-CD-EF',
    'Interfaces/Interface[1]/DNSDomain': 'nodes.example.com',
    'Interfaces/Interface[1]/DNSServerSearchOrder/IpAddress[1]': '192.0.2.53',
    'Interfaces/Interface[1]/DNSServerSearchOrder/IpAddress[2]': '2001:db8::53',
    'Interfaces/Interface[2]/Identifier': 'Ethernet1',
    'Interfaces/Interface[2]/DNSServerSearchOrder/IpAddress[1]': '192.0.2.54',
  });
});

test('what is no address, prefix or interface is refused', () => {
  for (const wrong of [
    { addresses: ['192.0.2.10'] },
    { addresses: ['192.0.2.10/33'] },
    { addresses: ['2001:db8::1/129'] },
    { addresses: ['192.0.2.256/24'] },
    { gateways: ['gateway'] },
    { dnsServers: ['dns.example.com'] },
    { identifier: ' ', dnsServers: ['192.0.2.1'] },
  ]) {
    const network = { interfaces: [{ identifier: 'Ethernet0', ...wrong }] };
    assert.throws(() => sysprepAnswerFile({ ...sysprepOptions, network }), failure('unattend.network', /found “/));
  }
});

test('passwords are encoded as iconv and base64 encode them', () => {
  const passwords = [
    'MyPassword',
    '',
    'Pä$$ <1>',
    '名前😀',
    'a\'b"c\\',
    ...fc.sample(fc.string({ unit: 'grapheme' }), 40),
  ];
  const script =
    'import base64, json, sys; print(json.dumps([base64.b64encode((p + e).encode("utf-16-le")).decode() for p, e in json.load(sys.stdin)]))';
  for (const element of ['AdministratorPassword', 'Password'] as const) {
    const input = JSON.stringify(passwords.map((password) => [password, element]));
    const expected: unknown = JSON.parse(execFileSync('python3', ['-c', script], { input, encoding: 'utf8' }));
    assert.deepEqual(
      passwords.map((password) => encodePassword(password, element).Value),
      expected,
    );
    for (const password of passwords)
      assert.equal(decodePassword(encodePassword(password, element).Value, element), password);
  }
  const iconv = execFileSync('sh', [
    '-c',
    'printf %s MyPasswordAdministratorPassword | iconv -t UTF-16LE | base64 -w0',
  ]);
  assert.equal(iconv.toString(), encodePassword('MyPassword', 'AdministratorPassword').Value);
});
