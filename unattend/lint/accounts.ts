import { childSpots, type Rule, settingSpots } from './rule.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';

/** Rules on the computer's name and its accounts. */
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
];
