import { childSpots, type Rule, settingSpots } from './rule.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';

/** Rules on the computer's name, its accounts and its product key. */
export const accountRules: readonly Rule[] = [
  {
    code: 'unattend.computer-name',
    severity: 'error',
    title: 'A ComputerName is * or has at most 15 letters, digits and hyphens, not only digits (NetBIOS, RFC 1123).',
    remedy: 'Shorten the name, or write * and let Windows invent one.',
    *check(file) {
      for (const spot of settingSpots(file, SHELL, 'ComputerName')) {
        const name = spot.setting.value ?? '';
        if (name === '*' || name === '') continue;
        const valid = /^[A-Za-z0-9]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?$/.test(name) && !/^\d+$/.test(name);
        if (!valid)
          yield { spot, message: `expected a computer name of 1 to 15 letters, digits and hyphens, found “${name}”` };
      }
    },
  },
  {
    code: 'unattend.auto-logon-count',
    severity: 'error',
    title: 'An enabled AutoLogon has a LogonCount.',
    remedy: 'Add <LogonCount>1</LogonCount>: without it Windows logs on at every start.',
    *check(file) {
      for (const spot of settingSpots(file, SHELL, 'AutoLogon')) {
        const enabled = childSpots(spot, 'Enabled')[0]?.setting.value?.toLowerCase() === 'true';
        if (enabled && childSpots(spot, 'LogonCount').length === 0) {
          yield { spot, message: 'expected a LogonCount beside Enabled, found none' };
        }
      }
    },
  },
  {
    code: 'unattend.password-plain',
    severity: 'warning',
    title: 'Passwords are encoded (PlainText false).',
    remedy: 'Encode them: it is no protection, but keeps them from being read over a shoulder or found by a search.',
    *check(file) {
      const passwords = ['UserAccounts/AdministratorPassword', 'UserAccounts/LocalAccounts/LocalAccount/Password'];
      for (const path of [...passwords, 'AutoLogon/Password']) {
        for (const spot of settingSpots(file, SHELL, path)) {
          const plain = childSpots(spot, 'PlainText')[0]?.setting.value?.toLowerCase() !== 'false';
          if (plain) yield { spot, message: 'expected PlainText false, found a password in plain text' };
        }
      }
    },
  },
  {
    code: 'unattend.product-key-empty',
    severity: 'error',
    title: 'A product key is not empty.',
    remedy: 'Remove the element: Setup stops at an empty key, and evaluation media take none.',
    *check(file) {
      for (const spot of settingSpots(file, 'Microsoft-Windows-Setup', 'UserData/ProductKey/Key')) {
        if ((spot.setting.value ?? '').trim() === '')
          yield { spot, message: 'expected a product key, found an empty element' };
      }
    },
  },
];
