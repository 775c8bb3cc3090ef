import { decodePassword, encodePassword } from '../password.ts';
import type { Rule } from './rule.ts';
import { childSpots, childValue, type SettingSpot, settingSpots, textOf } from './spots.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const AT = `oobeSystem/${SHELL}`;
const REFERENCE = 'Unattended Windows Setup Reference';

/** Passwords that can be encoded, with the name that Windows appends before it encodes. */
const PASSWORDS = [
  ['UserAccounts/AdministratorPassword', 'AdministratorPassword'],
  ['UserAccounts/LocalAccounts/LocalAccount/Password', 'Password'],
  ['AutoLogon/Password', 'Password'],
  ['OfflineUserAccounts/OfflineAdministratorPassword', 'OfflineAdministratorPassword'],
  ['OfflineUserAccounts/OfflineLocalAccounts/LocalAccount/Password', 'Password'],
] as const;

/** What Windows writes over passwords in its own copies of an answer file. */
const DELETED = '*SENSITIVE*DATA*DELETED*';

const ENCODED = encodePassword('P@ssw0rd', 'AdministratorPassword').Value;

function administrator(value: string, plain: boolean): string {
  return `<UserAccounts>
  <AdministratorPassword><Value>${value}</Value><PlainText>${plain}</PlainText></AdministratorPassword>
</UserAccounts>`;
}

/** Passwords that Windows has no encoding for. */
const CREDENTIALS = [
  ['Microsoft-Windows-UnattendedJoin', 'Identification/Credentials/Password'],
  ['Microsoft-Windows-UnattendedJoin', 'Identification/MachinePassword'],
  ['Microsoft-Windows-Deployment', 'RunSynchronous/RunSynchronousCommand/Credentials/Password'],
  ['Microsoft-Windows-Deployment', 'RunAsynchronous/RunAsynchronousCommand/Credentials/Password'],
  ['Microsoft-Windows-Setup', 'WindowsDeploymentServices/Login/Credentials/Password'],
  ['Microsoft-Windows-Setup', 'ImageInstall/OSImage/InstallFrom/Credentials/Password'],
  ['Microsoft-Windows-PnpCustomizationsWinPE', 'DriverPaths/PathAndCredentials/Credentials/Password'],
  ['Microsoft-Windows-PnpCustomizationsNonWinPE', 'DriverPaths/PathAndCredentials/Credentials/Password'],
] as const;

/** Rules on passwords. */
export const passwordRules: readonly Rule[] = [
  {
    code: 'unattend.administrator-password-several',
    severity: 'error',
    title: 'There is one AdministratorPassword in a pass.',
    why: 'An account has one password: with two of them it depends on Windows’ order which one is left, and whoever knows the other is locked out. Audit mode has one of its own, in auditSystem.',
    remedy: 'Remove all but one.',
    example: {
      at: AT,
      bad: `<UserAccounts>
  <AdministratorPassword><Value>${ENCODED}</Value><PlainText>false</PlainText></AdministratorPassword>
  <AdministratorPassword><Value>${ENCODED}</Value><PlainText>false</PlainText></AdministratorPassword>
</UserAccounts>`,
      good: administrator(ENCODED, false),
    },
    *check(file) {
      const passes = new Set<string>();
      for (const spot of settingSpots(file, SHELL, 'UserAccounts/AdministratorPassword')) {
        const [pass = ''] = spot.path.split('/');
        if (passes.has(pass)) yield { spot, message: 'expected one AdministratorPassword, found another' };
        passes.add(pass);
      }
    },
  },
  {
    code: 'unattend.password-plain',
    severity: 'warning',
    title: 'Passwords are encoded (PlainText false).',
    why: `Windows keeps a copy of the file in %WINDIR%\\Panther. The encoding (base64 of UTF-16LE of password and element name) is no protection, but keeps a password from being read over a shoulder or found by a search; plain text is the default (${REFERENCE}, PlainText).`,
    remedy: 'Encode it, and delete the file where Windows keeps it.',
    example: { at: AT, bad: administrator('P@ssw0rd', true), good: administrator(ENCODED, false) },
    *check(file) {
      for (const [path] of PASSWORDS) {
        for (const spot of settingSpots(file, SHELL, path)) {
          const value = childValue(spot, 'Value') || textOf(spot);
          if (value !== '' && value !== DELETED && !isHidden(spot))
            yield { spot, message: 'expected PlainText false, found a password in plain text' };
        }
      }
    },
  },
  {
    code: 'unattend.password-encoding',
    severity: 'error',
    title: 'An encoded password ends with the name of its element before it is encoded.',
    why: 'Setup stops with “Failed to decode password (0x8007000d)”. It is base64 of UTF-16LE of the password and AdministratorPassword for AdministratorPassword, Password for AutoLogon and LocalAccount.',
    remedy: 'Encode it again, or write it in plain text with <PlainText>true</PlainText>.',
    example: {
      at: AT,
      bad: administrator(encodePassword('P@ssw0rd', 'Password').Value, false),
      good: administrator(ENCODED, false),
    },
    *check(file) {
      for (const [path, element] of PASSWORDS) {
        for (const spot of settingSpots(file, SHELL, path)) {
          const value = childSpots(spot, 'Value')[0] ?? spot;
          const text = textOf(value);
          if (text === DELETED)
            yield { spot: value, message: `expected a password, found ${DELETED}: a copy that Windows has used` };
          else if (isHidden(spot) && decodePassword(text, element) === undefined)
            yield {
              spot: value,
              message: `expected base64 of UTF-16LE that ends with ${element}, found something else`,
            };
        }
      }
    },
  },
  {
    code: 'unattend.credentials',
    severity: 'warning',
    title: 'No password stands in the file that Windows cannot encode.',
    why: 'Passwords of domain accounts and of computers have no PlainText setting: they are always readable, and Windows keeps a copy of the file in %WINDIR%\\Panther.',
    remedy:
      'Join with account data of djoin.exe, use an account that may do nothing else, and delete the file where Windows keeps it.',
    example: {
      at: 'specialize/Microsoft-Windows-UnattendedJoin',
      bad: `<Identification>
  <Credentials><Domain>example.com</Domain><Password>P@ssw0rd</Password><Username>joiner</Username></Credentials>
  <JoinDomain>example.com</JoinDomain>
</Identification>`,
      good: `<Identification>
  <Provisioning><AccountData>ARAIAMzMzMzoAQAA</AccountData></Provisioning>
</Identification>`,
    },
    *check(file) {
      for (const [component, path] of CREDENTIALS) {
        for (const spot of settingSpots(file, component, path)) {
          if (textOf(spot) !== '') yield { spot, message: 'expected no password in plain text, found one' };
        }
      }
    },
  },
];

function isHidden(spot: SettingSpot): boolean {
  return childValue(spot, 'PlainText').toLowerCase() === 'false';
}
