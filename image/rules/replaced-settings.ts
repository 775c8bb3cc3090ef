import type { Finding, Path } from '../problem.ts';
import type { Rule } from './rule.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const ABOVE = ['windows', 'unattend', 'install'];

/**
 * Settings of users win over ingot's. Some of these are what a build stands on: without the logon of Administrator and
 * the one command at it nobody starts the bootstrap, and the build waits for Windows until its deadline. Replacing the
 * commands of specialize takes away the one that keeps Windows from going to sleep, which is told.
 */
export const replacedSettings: Rule = (_, raw) => {
  const shell = below(raw([...ABOVE, 'oobeSystem']), [...ABOVE, 'oobeSystem'], SHELL);
  const accounts = below(shell?.value, shell?.path, 'UserAccounts');
  const deployment = below(raw([...ABOVE, 'specialize']), [...ABOVE, 'specialize'], 'Microsoft-Windows-Deployment');
  const commands = below(deployment?.value, deployment?.path, 'RunSynchronous');
  return [
    ...(shell?.value === null ? [needed(shell.path, 'taken away', `take away single settings of ${SHELL}`)] : []),
    ...(accounts?.value === null ? [needed(accounts.path, 'taken away', 'write the accounts to add')] : []),
    ...[
      [below(shell?.value, shell?.path, 'AutoLogon'), 'remove it'] as const,
      [below(shell?.value, shell?.path, 'FirstLogonCommands'), 'put what is to be done into steps'] as const,
      [
        below(accounts?.value, accounts?.path, 'AdministratorPassword'),
        'write windows.administratorPassword instead',
      ] as const,
    ].flatMap(([found, remedy]) => (found === undefined ? [] : [needed(found.path, 'one of your own', remedy)])),
    ...(below(commands?.value, commands?.path, 'RunSynchronousCommand') === undefined ? [] : [sleeps(commands?.path)]),
  ];
};

function needed(path: Path, found: string, remedy: string): Finding {
  const expected = `ingot's own ${path.at(-1)}, which starts the bootstrap`;
  return { path, atKey: true, code: 'unattend.needed', expected, found, remedy };
}

function sleeps(path: Path = ABOVE): Finding {
  return {
    path,
    atKey: true,
    code: 'unattend.replaced',
    expected: "ingot's RunSynchronous, which keeps Windows from going to sleep",
    found: 'one in its place',
    remedy: 'add powercfg.exe to your commands, as docs/answer-files.md says, if Windows shall stay awake',
    severity: 'warning',
  };
}

/** What a map holds under a name, in whichever case a component's is written. */
function below(map: unknown, above: Path = [], name: string) {
  const entries = isRecord(map) ? Object.entries(map) : [];
  const found = entries.find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : { path: [...above, found[0]], value: found[1] };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
