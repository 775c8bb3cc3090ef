import type { LintContext, Rule } from './rule.ts';
import { childSpots, childValue, isTrue, type SettingSpot, settingSpots } from './spots.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const AT = `oobeSystem/${SHELL}`;
const REFERENCE = 'Unattended Windows Setup Reference';

function autoLogon(enabled: boolean, rest: string): string {
  return `<AutoLogon>\n  <Enabled>${enabled}</Enabled>${rest}\n  <Username>Administrator</Username>\n</AutoLogon>`;
}

/** Rules on the computer's name and on who logs on. */
export const accountRules: readonly Rule[] = [
  {
    code: 'unattend.computer-name',
    severity: 'error',
    title: 'A ComputerName is * or has at most 15 letters, digits and hyphens, not only digits (NetBIOS, RFC 1123).',
    why: `Setup stops in specialize at a name that NetBIOS or DnsValidateName does not take (${REFERENCE}, ComputerName); Kubernetes names its nodes after it, so letters outside ASCII are refused too.`,
    remedy: 'Shorten the name, or write * and let Windows invent one.',
    example: {
      at: `specialize/${SHELL}`,
      bad: '<ComputerName>windows-worker-001</ComputerName>',
      good: '<ComputerName>worker-001</ComputerName>',
    },
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
    why: `It must be specified if AutoLogon is used; without it Windows logs on at every start (${REFERENCE}, LogonCount).`,
    remedy: 'Add <LogonCount>1</LogonCount>.',
    example: {
      at: AT,
      bad: autoLogon(true, ''),
      good: autoLogon(true, '<LogonCount>1</LogonCount>'),
      context: { use: 'install' },
    },
    *check(file) {
      for (const spot of settingSpots(file, SHELL, 'AutoLogon')) {
        if (!isEnabled(spot)) continue;
        const found = childSpots(spot, 'LogonCount').length === 0 ? 'none' : childValue(spot, 'LogonCount');
        if (!/^0*[1-9]\d*$/.test(found)) yield { spot, message: `expected a LogonCount of 1 or more, found ${found}` };
      }
    },
  },
  {
    code: 'unattend.auto-logon-sysprep',
    severity: 'error',
    title: 'AutoLogon is off in the answer file of Sysprep.',
    why: `Each clone of the template would log Administrator on by itself, at a console that many can open. “Make sure AutoLogon is disabled on computers that are delivered” (${REFERENCE}, AutoLogon).`,
    remedy: 'Write <Enabled>false</Enabled>, or leave AutoLogon out.',
    example: {
      at: AT,
      bad: autoLogon(true, '<LogonCount>1</LogonCount>'),
      good: autoLogon(false, ''),
      context: { use: 'sysprep' },
    },
    *check(file, context) {
      if (useOf(file, context) !== 'sysprep') return;
      for (const spot of settingSpots(file, SHELL, 'AutoLogon')) {
        // The one of audit mode is over before a clone is delivered.
        if (isEnabled(spot) && !spot.path.startsWith('auditSystem/'))
          yield { spot, message: 'expected AutoLogon to be off in the clones, found it enabled' };
      }
    },
  },
];

/** Who reads the file. */
function useOf(file: Parameters<Rule['check']>[0], { use }: LintContext): 'install' | 'sysprep' {
  return use ?? (file.passes.some(({ pass }) => pass === 'windowsPE') ? 'install' : 'sysprep');
}

function isEnabled(spot: SettingSpot): boolean {
  return isTrue(childValue(spot, 'Enabled'));
}
