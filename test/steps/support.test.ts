import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pickAddress } from '../../steps/support/addresses.ts';
import { readToolsConf, setToolsConf } from '../../steps/support/tools-conf.ts';
import { compareVersions, toolsVersion } from '../../steps/support/tools-version.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const merged = (text: string | undefined) =>
  new TextDecoder().decode(setToolsConf(text === undefined ? undefined : bytes(text), 'guestinfo', 'exclude-nics', ''));

suite('tools.conf', () => {
  for (const [name, before, after] of [
    ['missing', undefined, '[guestinfo]\r\nexclude-nics=\r\n'],
    ['empty', '', '[guestinfo]\r\nexclude-nics=\r\n'],
    ['another group', '[logging]\nlog=true\n', '[logging]\nlog=true\n\n[guestinfo]\nexclude-nics=\n'],
    [
      'the group without the key',
      '[guestinfo]\npoll-interval=30\n\n[logging]\nlog=true\n',
      '[guestinfo]\npoll-interval=30\nexclude-nics=\n\n[logging]\nlog=true\n',
    ],
    ['the key with another value', '[guestinfo]\nexclude-nics = vEthernet*\n', '[guestinfo]\nexclude-nics=\n'],
    ['the key twice', '[guestinfo]\nexclude-nics=a\nexclude-nics=b\n', '[guestinfo]\nexclude-nics=\n'],
    ['commented out', '[guestinfo]\n#exclude-nics=a\n', '[guestinfo]\n#exclude-nics=a\nexclude-nics=\n'],
    ['without a group', 'exclude-nics=\n', '# outside of any group: exclude-nics=\n\n[guestinfo]\nexclude-nics=\n'],
    ['CRLF', '[guestinfo]\r\nx=1\r\n', '[guestinfo]\r\nx=1\r\nexclude-nics=\r\n'],
    ['the key in another group', '[x]\nexclude-nics=a\n', '[x]\nexclude-nics=a\n\n[guestinfo]\nexclude-nics=\n'],
  ] as const) {
    test(name, () => {
      assert.equal(merged(before), after);
      assert.equal(merged(after), after, 'a second run changes nothing');
      assert.equal(readToolsConf(bytes(after), 'guestinfo', 'exclude-nics'), '');
    });
  }

  test('UTF-16 as PowerShell 5.1 writes it becomes plain ASCII', () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('[guestinfo]\r\nx=1\r\n', 'utf16le')]);
    assert.equal(
      new TextDecoder().decode(setToolsConf(utf16, 'guestinfo', 'exclude-nics', '')),
      '[guestinfo]\r\nx=1\r\nexclude-nics=\r\n',
    );
  });

  test('a file that GLib refuses as a whole is not read', () => {
    assert.equal(
      readToolsConf(bytes('exclude-nics=\n[guestinfo]\nexclude-nics=\n'), 'guestinfo', 'exclude-nics'),
      undefined,
    );
  });
});

test('the number that vCenter shows is the version of VMware Tools', () => {
  assert.equal(toolsVersion(11270), '11.0.6');
  assert.equal(toolsVersion(12389), '12.3.5');
});

test('versions are compared by number, not as text', () => {
  assert.ok(compareVersions('11.0.10', '11.0.6') > 0);
  assert.ok(compareVersions('9.10.5', '11.0.6') < 0);
  assert.equal(compareVersions('12.3.5.22544099', '12.3.5'), 0);
});

test('link-local addresses are no addresses', () => {
  assert.equal(pickAddress(['169.254.3.4', 'fe80::1']), undefined);
  assert.equal(pickAddress(['fe80::1', '2001:db8::5', '169.254.3.4', '10.0.0.5']), '10.0.0.5');
  assert.equal(pickAddress(['not an address', '2001:db8::5']), '2001:db8::5');
});
