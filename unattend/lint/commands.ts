import { type Rule, settingSpots } from './rule.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const FIRST_LOGON = 'FirstLogonCommands/SynchronousCommand';

function lengthRule(code: string, title: string, component: string, path: string, longest: number): Rule {
  return {
    code,
    severity: 'error',
    title,
    remedy: 'Put the command into a script and run that.',
    *check(file) {
      for (const spot of settingSpots(file, component, path)) {
        const length = spot.setting.value?.length ?? 0;
        if (length > longest) yield { spot, message: `expected at most ${longest} characters, found ${length}` };
      }
    },
  };
}

/** Rules on commands that Setup runs. */
export const commandRules: readonly Rule[] = [
  lengthRule(
    'unattend.run-synchronous-length',
    'The Path of a RunSynchronousCommand has at most 259 characters.',
    'Microsoft-Windows-Deployment',
    'RunSynchronous/RunSynchronousCommand/Path',
    259,
  ),
  lengthRule(
    'unattend.first-logon-length',
    'The CommandLine of a FirstLogonCommand has at most 1024 characters.',
    SHELL,
    `${FIRST_LOGON}/CommandLine`,
    1024,
  ),
  {
    code: 'unattend.first-logon-several',
    severity: 'warning',
    title: 'There is at most one FirstLogonCommand.',
    remedy: 'Use one command that runs one script: Windows starts them all at the same time, whatever their Order.',
    *check(file) {
      const [, second] = settingSpots(file, SHELL, FIRST_LOGON);
      if (second !== undefined) yield { spot: second, message: 'expected one FirstLogonCommand, found several' };
    },
  },
];
