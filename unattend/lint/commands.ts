import type { Remark, Rule } from './rule.ts';
import { settingSpots } from './spots.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const DEPLOYMENT = 'Microsoft-Windows-Deployment';
const FIRST_LOGON = 'FirstLogonCommands/SynchronousCommand';
const REFERENCE = 'Unattended Windows Setup Reference';

/** Settings with a longest length: component, path, characters. */
type Limit = readonly [component: string, path: string, most: number];

const PATHS: readonly Limit[] = [
  [DEPLOYMENT, 'RunSynchronous/RunSynchronousCommand/Path', 259],
  [DEPLOYMENT, 'RunAsynchronous/RunAsynchronousCommand/Path', 259],
  ['Microsoft-Windows-Setup', 'RunSynchronous/RunSynchronousCommand/Path', 259],
  ['Microsoft-Windows-Setup', 'RunAsynchronous/RunAsynchronousCommand/Path', 259],
];
const COMMAND_LINES: readonly Limit[] = [
  [SHELL, `${FIRST_LOGON}/CommandLine`, 1024],
  [SHELL, 'LogonCommands/AsynchronousCommand/CommandLine', 1024],
];
const DESCRIPTIONS: readonly Limit[] = [
  [SHELL, `${FIRST_LOGON}/Description`, 256],
  [SHELL, 'LogonCommands/AsynchronousCommand/Description', 256],
  [DEPLOYMENT, 'RunSynchronous/RunSynchronousCommand/Description', 259],
  [DEPLOYMENT, 'RunAsynchronous/RunAsynchronousCommand/Description', 259],
];
const DRIVER_PATHS: readonly Limit[] = [
  ['Microsoft-Windows-PnpCustomizationsWinPE', 'DriverPaths/PathAndCredentials/Path', 259],
  ['Microsoft-Windows-PnpCustomizationsNonWinPE', 'DriverPaths/PathAndCredentials/Path', 259],
];

function tooLong(limits: readonly Limit[]): Rule['check'] {
  return function* (file): Generator<Remark> {
    for (const [component, path, most] of limits) {
      for (const spot of settingSpots(file, component, path)) {
        const length = spot.setting.value?.length ?? 0;
        if (length > most) yield { spot, message: `expected at most ${most} characters, found ${length}` };
      }
    }
  };
}

function firstLogon(...commands: readonly string[]): string {
  const items = commands.map((command) => `  <SynchronousCommand wcm:action="add">${command}</SynchronousCommand>`);
  return `<FirstLogonCommands>\n${items.join('\n')}\n</FirstLogonCommands>`;
}

const ONE = '<Order>1</Order><CommandLine>one.cmd</CommandLine>';
const LONG = 'x'.repeat(300);

/** Rules on commands and paths. */
export const commandRules: readonly Rule[] = [
  {
    code: 'unattend.run-synchronous-length',
    severity: 'error',
    title: 'The Path of a RunSynchronousCommand or RunAsynchronousCommand has at most 259 characters.',
    why: `Setup does not take a longer one (${REFERENCE}, Path of RunSynchronousCommand in Microsoft-Windows-Deployment; the page of the one in Microsoft-Windows-Setup names no limit, and the same is assumed).`,
    remedy: 'Put the command into a script and run that.',
    example: {
      at: `specialize/${DEPLOYMENT}`,
      bad: `<RunSynchronous>\n  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>cmd.exe /c ${LONG}</Path></RunSynchronousCommand>\n</RunSynchronous>`,
      good: '<RunSynchronous>\n  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>cmd.exe /c C:\\setup.cmd</Path></RunSynchronousCommand>\n</RunSynchronous>',
    },
    check: tooLong(PATHS),
  },
  {
    code: 'unattend.first-logon-length',
    severity: 'error',
    title: 'The CommandLine of a FirstLogonCommand or LogonCommand has at most 1024 characters.',
    why: `Setup does not take a longer one (${REFERENCE}, CommandLine).`,
    remedy: 'Put the command into a script and run that.',
    example: {
      at: `oobeSystem/${SHELL}`,
      bad: firstLogon(`<Order>1</Order><CommandLine>powershell.exe -EncodedCommand ${LONG.repeat(4)}</CommandLine>`),
      good: firstLogon('<Order>1</Order><CommandLine>powershell.exe -File D:\\setup.ps1</CommandLine>'),
    },
    check: tooLong(COMMAND_LINES),
  },
  {
    code: 'unattend.description-length',
    severity: 'error',
    title: 'The Description of a command has at most 256 characters (259 in Microsoft-Windows-Deployment).',
    why: `Setup does not take a longer one (${REFERENCE}, Description).`,
    remedy: 'Shorten it.',
    example: {
      at: `oobeSystem/${SHELL}`,
      bad: firstLogon(`${ONE}<Description>${LONG}</Description>`),
      good: firstLogon(`${ONE}<Description>The one command</Description>`),
    },
    check: tooLong(DESCRIPTIONS),
  },
  {
    code: 'unattend.driver-path-length',
    severity: 'error',
    title: 'A path of drivers has at most 259 characters.',
    why: `Setup does not take a longer one (${REFERENCE}, Path of PathAndCredentials).`,
    remedy: 'Move the drivers to a folder with a shorter path; Setup looks below it too.',
    example: {
      at: 'windowsPE/Microsoft-Windows-PnpCustomizationsWinPE',
      bad: `<DriverPaths>\n  <PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>E:\\${LONG}</Path></PathAndCredentials>\n</DriverPaths>`,
      good: '<DriverPaths>\n  <PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>E:\\drivers</Path></PathAndCredentials>\n</DriverPaths>',
    },
    check: tooLong(DRIVER_PATHS),
  },
  {
    code: 'unattend.first-logon-several',
    severity: 'warning',
    title: 'There is at most one FirstLogonCommand.',
    why: `Since Windows 10 they all start at the same time, whatever their Order, and none waits for another (${REFERENCE}, note on FirstLogonCommands).`,
    remedy: 'Use one command that runs one script.',
    example: {
      at: `oobeSystem/${SHELL}`,
      bad: firstLogon(ONE, '<Order>2</Order><CommandLine>two.cmd</CommandLine>'),
      good: firstLogon(ONE),
    },
    *check(file) {
      const [, second] = settingSpots(file, SHELL, FIRST_LOGON);
      if (second !== undefined) yield { spot: second, message: 'expected one FirstLogonCommand, found several' };
    },
  },
];
