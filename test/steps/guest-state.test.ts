import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadText } from '../../image/index.ts';
import { type Adapters, proveAdapters } from '../../steps/support/adapters.ts';
import { isReachable, pickAddress } from '../../steps/support/addresses.ts';
import { type FirewallRule, sameRule } from '../../steps/support/firewall-rule.ts';
import { opensshCause, skippedText } from '../../steps/support/openssh-sources.ts';
import { foreignWriters, isForAdministratorsOnly, parseSddl } from '../../steps/support/sddl.ts';
import { checkUsername } from '../../steps/support/setup-failures.ts';
import { proveSsh, type SshState } from '../../steps/support/ssh-state.ts';
import { SAMPLE, sampleText } from '../image/support.ts';

suite('security descriptors', () => {
  test('exactly Administrators and SYSTEM, by alias or SID, in any order, rights in letters or as a number', () => {
    for (const sddl of [
      'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)',
      'O:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)',
      'O:S-1-5-32-544G:S-1-5-18D:PAI(A;;0x1f01ff;;;S-1-5-18)(A;;FA;;;S-1-5-32-544)',
    ])
      assert.ok(isForAdministratorsOnly(sddl), sddl);
    for (const sddl of [
      'O:BAG:SYD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)', // inherited: OpenSSH takes it, the procedure's icacls does not leave it
      'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;AU)',
      'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FR;;;SY)',
      'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;BA)',
      'O:BAG:SYD:PAI(A;;FA;;;BA)',
      'O:BAG:SYD:PAI(D;;FA;;;BA)(A;;FA;;;SY)',
      'O:S-1-5-21-1-2-3-1001G:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)',
      'O:BAG:SYD:NO_ACCESS_CONTROL',
      'O:BAG:SY',
      '',
    ])
      assert.ok(!isForAdministratorsOnly(sddl), sddl);
  });

  test('whoever may write besides them is named', () => {
    const own = 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)';
    assert.deepEqual(foreignWriters(`${own}(A;ID;0x1200a9;;;BU)`), []);
    assert.deepEqual(foreignWriters(`${own}(A;ID;FRFX;;;BU)`), []);
    assert.deepEqual(foreignWriters(`${own}(A;OICIIO;GA;;;CO)`), [], 'for children only');
    assert.deepEqual(foreignWriters(`${own}(D;;FA;;;BU)`), []);
    for (const rights of [
      '0x1301bf',
      'FA',
      'FW',
      'GW',
      'GA',
      'WD',
      'WO',
      'SD',
      'DC',
      '0x2',
      '0x10000000',
      '0x40000000',
    ])
      assert.deepEqual(foreignWriters(`${own}(A;;${rights};;;BU)`), ['S-1-5-32-545'], rights);
    assert.deepEqual(foreignWriters('O:BUG:SYD:P(A;;FA;;;BA)'), ['S-1-5-32-545'], 'an owner may change the list');
    for (const unknown of ['', 'text', 'O:BAG:SY', 'O:BAG:SYD:NO_ACCESS_CONTROL', `${own}(A;;ZZ;;;BU)`])
      assert.deepEqual(foreignWriters(unknown), ['S-1-1-0'], unknown);
  });

  test('conditions of an entry do not end it', () => {
    assert.equal(parseSddl('O:BAD:(XA;;FA;;;WD;(@User.x == "y"))(A;;FR;;;BU)')?.aces?.length, 2);
  });
});

suite('the address', () => {
  const adapter = (state: string, address = '10.0.0.5'): Adapters => [
    {
      ...{ name: 'Ethernet0', mac: '00:50:56:00:00:01', status: 'Up', category: 'Private' },
      addresses: [
        { address, prefix: 24, state, origin: 'Dhcp' },
        { address: 'fe80::1', prefix: 64, state: 'Preferred', origin: 'WellKnown' },
      ],
      ...{ gateways: ['10.0.0.1'], dnsServers: ['10.0.0.2', '10.0.0.3'] },
    },
  ];

  test('is one that Windows uses: told with gateway, DNS and profile', () => {
    assert.deepEqual(proveAdapters(adapter('Preferred'), '10.0.0.5'), [
      'Ethernet0 (Up): 10.0.0.5/24; gateway 10.0.0.1; DNS 10.0.0.2, 10.0.0.3; network profile Private',
    ]);
    assert.throws(() => proveAdapters(adapter('Preferred'), '10.0.0.6'), { code: 'ip-address.inside' });
    assert.throws(() => proveAdapters(adapter('Duplicate'), '10.0.0.5'), { code: 'ip-address.duplicate' });
    assert.throws(() => proveAdapters(adapter('Preferred', '169.254.1.1'), '169.254.1.1'), {
      code: 'ip-address.inside',
    });
  });

  test('is none before DHCP and IPv6 have given one', () => {
    for (const address of ['169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1', '::1', '::', '0.0.0.0', '', 'x'])
      assert.ok(!isReachable(address), address);
    for (const address of ['10.0.0.1', '169.253.1.1', 'fec0::1', 'fd00::1', '2001:db8::1'])
      assert.ok(isReachable(address), address);
    assert.equal(pickAddress(['fe80::1', '::1', '2001:db8::1', '10.0.0.1']), '10.0.0.1');
  });
});

test('a firewall rule is what was asked for, however Windows writes it', () => {
  const wanted = {
    ...{ name: 'a', port: '80', protocol: 'TCP', direction: 'Inbound', action: 'Allow', edgeTraversal: 'Allow' },
    ...{ profiles: ['Private', 'Domain'], remoteAddresses: ['10.0.0.0/8', '1.2.3.4'], program: '%SystemRoot%\\x.exe' },
  };
  const { profiles: _, ...rest } = wanted;
  const found: FirewallRule = {
    ...rest,
    ...{ enabled: true, profile: 'Domain,Private', program: 'C:\\WINDOWS\\x.exe' },
    remoteAddresses: ['1.2.3.4/255.255.255.255', '10.0.0.0/255.0.0.0'],
  };
  assert.ok(sameRule(found, wanted));
  for (const change of [
    ...[{ enabled: false }, { port: '81' }, { protocol: 'UDP' }, { direction: 'Outbound' }, { action: 'Block' }],
    ...[{ edgeTraversal: 'Block' }, { profile: 'Any' }, { remoteAddresses: ['Any'] }, { program: 'Any' }],
    { remoteAddresses: ['1.2.3.4', '10.0.0.0/255.255.0.0'] },
  ])
    assert.ok(!sameRule({ ...found, ...change }, wanted), JSON.stringify(change));
  // All three profiles are any, whichever of the two Windows writes.
  const three = { ...wanted, profiles: ['Public', 'Domain', 'Private'] };
  for (const profile of ['Any', 'Domain,Private,Public']) {
    assert.ok(sameRule({ ...found, profile }, three), profile);
    assert.ok(sameRule({ ...found, profile }, { ...wanted, profiles: ['Any'] }), profile);
  }
});

suite('sshd', () => {
  const key = 'ssh-ed25519 AAAA';
  const acl = 'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)';
  const right: SshState = {
    ...{ keys: [`${key} comment`], acl, configAcl: acl, outdated: false, hostKeys: ['ssh-ed25519 BBBB'] },
    folders: [{ path: 'C:\\ProgramData\\ssh', acl: `${acl}(A;OICI;0x1200a9;;;AU)` }],
    config: Buffer.from('Port 2222\r\nMaxAuthTries 3\r\n').toString('base64'),
    ...{ status: 'Running', startType: 'Automatic' },
    firewall: { profile: 'Any', enabled: true, action: 'Allow', port: '2222' },
  };
  const expected = {
    ...{ keys: [`${key} other`], hostKeys: ['ssh-ed25519 BBBB'], port: 2222 },
    options: { Port: '2222', MaxAuthTries: '3' },
  };

  test('as it must be', () => {
    assert.equal(proveSsh(right, expected).length, 3);
  });

  for (const [code, change] of [
    ['openssh.keys', { keys: [] }],
    ['openssh.acl', { acl: `${acl}(A;;FR;;;AU)` }],
    ['openssh.host-keys', { hostKeys: ['ssh-ed25519 CCCC'] }],
    ['openssh.folder-acl', { folders: [{ path: 'C:\\ProgramData\\ssh', acl: `${acl}(A;OICI;0x1301bf;;;AU)` }] }],
    ['openssh.folder-acl', { configAcl: `${acl}(A;;FA;;;BU)` }],
    ['openssh.sshd-config', { config: Buffer.from('Port 2222').toString('base64') }],
    ['openssh.outdated', { outdated: true }],
    ['openssh.service', { startType: 'Manual' }],
    ['openssh.service', { status: 'Stopped' }],
    ['openssh.firewall', { firewall: { ...right.firewall, profile: 'Private' } }],
    ['openssh.firewall', { firewall: { ...right.firewall, port: '22' } }],
  ] as const) {
    test(`${code}: ${JSON.stringify(change).slice(0, 60)}`, () => {
      assert.throws(() => proveSsh({ ...right, ...change } as SshState, expected), { code });
    });
  }
});

test('the codes that keep OpenSSH away have words and a remedy', () => {
  for (const code of ['0x800f0954', '0x800f0950', '0x8024002E', '0x80072EFE', '0x80070005'])
    assert.ok(opensshCause(code) !== undefined, code);
  const one = { source: 'capability', code: '0x12345678', message: 'words of Windows' };
  assert.equal(skippedText(one), 'capability: 0x12345678 words of Windows');
});

test('an administrator of another name is found before anybody tries to log in', () => {
  const { image } = loadText(SAMPLE, sampleText);
  assert.ok(image !== undefined);
  checkUsername(image, undefined);
  checkUsername(image, 'administrator');
  assert.throws(() => checkUsername(image, 'Administrateur'), {
    code: 'openssh.username',
    remedy: /^set openssh\.username: Administrateur, or install from English media/,
  });
});
