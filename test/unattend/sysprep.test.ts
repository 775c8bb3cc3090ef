import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { facts, sysprepOptions, xmllint } from './samples.ts';

/**
 * What the answer file of OpenShift's documentation sets ("Creating a Windows VM golden image for vSphere"), with the
 * placeholders that it names; its password is in plain text.
 */
const OPENSHIFT = {
  'specialize/Microsoft-Windows-International-Core/InputLocale': '0409:00000409',
  'specialize/Microsoft-Windows-International-Core/SystemLocale': 'en-US',
  'specialize/Microsoft-Windows-International-Core/UILanguage': 'en-US',
  'specialize/Microsoft-Windows-International-Core/UILanguageFallback': 'en-US',
  'specialize/Microsoft-Windows-International-Core/UserLocale': 'en-US',
  'specialize/Microsoft-Windows-Security-SPP-UX/SkipAutoActivation': 'true',
  'specialize/Microsoft-Windows-SQMApi/CEIPEnabled': '0',
  'specialize/Microsoft-Windows-Shell-Setup/ComputerName': 'winhost',
  'oobeSystem/Microsoft-Windows-Shell-Setup/AutoLogon/Enabled': 'false',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/HideEULAPage': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/HideLocalAccountScreen': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/HideOEMRegistrationScreen': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/HideOnlineAccountScreens': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/HideWirelessSetupInOOBE': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/NetworkLocation': 'Work',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/ProtectYourPC': '1',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/SkipMachineOOBE': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/SkipUserOOBE': 'true',
  'oobeSystem/Microsoft-Windows-Shell-Setup/RegisteredOrganization': 'Organization',
  'oobeSystem/Microsoft-Windows-Shell-Setup/RegisteredOwner': 'Owner',
  'oobeSystem/Microsoft-Windows-Shell-Setup/DisableAutoDaylightTimeSet': 'false',
  'oobeSystem/Microsoft-Windows-Shell-Setup/TimeZone': 'Eastern Standard Time',
};
const PASSWORD = 'oobeSystem/Microsoft-Windows-Shell-Setup/UserAccounts/AdministratorPassword';

test('it sets what OpenShift’s sample sets, and nothing else', () => {
  const xml = writeAnswerFile(sysprepAnswerFile(sysprepOptions));
  xmllint(xml);
  const { [`${PASSWORD}/Value`]: password, [`${PASSWORD}/PlainText`]: plain, ...rest } = facts(parseAnswerFile(xml));
  assert.deepEqual(rest, OPENSHIFT);
  assert.equal(plain, 'false');
  assert.equal(Buffer.from(password ?? '', 'base64').toString('utf16le'), 'MyPasswordAdministratorPassword');
});

test('names, zone and locale are the image file’s', () => {
  const file = sysprepAnswerFile({
    ...sysprepOptions,
    computerName: '*',
    timeZone: 'UTC',
    locale: { input: 'de-DE', system: 'de-DE', ui: 'en-US', user: 'de-AT' },
  });
  const found = facts(file);
  assert.equal(found['specialize/Microsoft-Windows-Shell-Setup/ComputerName'], '*');
  assert.equal(found['specialize/Microsoft-Windows-International-Core/UserLocale'], 'de-AT');
  assert.equal(found['specialize/Microsoft-Windows-International-Core/UILanguageFallback'], 'en-US');
  assert.deepEqual(lintAnswerFile(file), []);
});

test('the Windows partition grows with the clone’s disk when asked', () => {
  const path = 'specialize/Microsoft-Windows-Deployment/ExtendOSPartition/Extend';
  assert.equal(facts(sysprepAnswerFile(sysprepOptions))[path], undefined);
  assert.equal(facts(sysprepAnswerFile({ ...sysprepOptions, extendOsPartition: true }))[path], 'true');
});
