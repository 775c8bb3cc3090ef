import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickAddress } from '../../steps/support/addresses.ts';
import { compareVersions, toolsVersion } from '../../steps/support/tools-version.ts';

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
