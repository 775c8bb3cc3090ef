import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installAnswerFile } from '../../unattend/install.ts';
import { MASK, maskSecrets } from '../../unattend/mask.ts';
import { encodePassword } from '../../unattend/password.ts';
import { passes, type SettingTree } from '../../unattend/settings.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { facts, installOptions, sysprepOptions } from './samples.ts';

const SECRET = 'ABCDE-FGHIJ-KLMNO-PQRST-UVWXY';

test('every password and every product key but the public ones is masked, and nothing else', () => {
  const install = installAnswerFile({
    ...installOptions,
    productKey: SECRET,
    extra: {
      specialize: { 'Microsoft-Windows-Shell-Setup': { ProductKey: SECRET } },
      oobeSystem: {
        'Microsoft-Windows-Shell-Setup': {
          UserAccounts: {
            LocalAccounts: { LocalAccount: [{ Name: 'ops', Password: { Value: 'p1', PlainText: true } }] },
          },
        },
      },
    },
  });
  const credentials = { username: 'ops', password: 'p2', domain: 'example.com' };
  const joins = [
    sysprepAnswerFile({ ...sysprepOptions, domainJoin: { domain: 'example.com', credentials } }),
    sysprepAnswerFile({ ...sysprepOptions, domainJoin: { domain: 'example.com', machinePassword: 'p3' } }),
    sysprepAnswerFile({ ...sysprepOptions, domainJoin: { accountData: 'p4' } }),
  ];
  let masked = 0;
  for (const file of [install, ...joins]) {
    const [before, after] = [facts(file), facts(maskSecrets(file))];
    assert.deepEqual(Object.keys(after), Object.keys(before));
    for (const [path, value] of Object.entries(before)) {
      const isSecret =
        [SECRET, 'p1', 'p2', 'p3', 'p4'].includes(value) ||
        (['AdministratorPassword', 'Password'] as const).some(
          (element) => value === encodePassword(installOptions.administratorPassword, element).Value,
        );
      assert.equal(after[path], isSecret ? MASK : value, path);
      if (isSecret) masked++;
    }
    assert.doesNotMatch(writeAnswerFile(maskSecrets(file)), /MyPassword|ABCDE|>p\d</);
  }
  assert.equal(masked, 5 + 3 + 3);
});

test('a public KMS client key is no secret', () => {
  const file = installAnswerFile(installOptions);
  const key = 'windowsPE/Microsoft-Windows-Setup/UserData/ProductKey/Key';
  assert.equal(facts(maskSecrets(file))[key], installOptions.productKey);
});

test('a password whose setting is misspelled, or that should hold a Value, is masked too', () => {
  const tree = (settings: SettingTree) =>
    maskSecrets({ passes: passes({ oobeSystem: { 'Microsoft-Windows-Shell-Setup': settings } }) });
  for (const settings of [
    { UserAccounts: { AdministratorPassword: 'hunter2' } },
    { OfflineUserAccounts: { OfflineAdministratorPassword: 'hunter2' } },
    { UserAccounts: { administratorpassword: { value: 'hunter2', PlainText: true } } },
    { AutoLogon: { password: { Value: 'hunter2' } } },
    { PRODUCTKEY: { key: 'hunter2' } },
    { productKey: 'hunter2' },
  ]) {
    const xml = writeAnswerFile(tree(settings));
    assert.doesNotMatch(xml, /hunter2/);
    assert.ok(xml.includes(MASK), xml);
  }
  assert.doesNotMatch(writeAnswerFile(tree({ PasswordHint: { Value: 'shown' }, Key: 'shown' })), /\*{8}/);
});
