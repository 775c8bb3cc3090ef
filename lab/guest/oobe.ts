import { randomBytes } from 'node:crypto';
import { all, at, textAt } from '../xml.ts';
import { type AnswerFile, readPassword, SetupStop, unprocessable } from './answer-file.ts';
import type { Windows } from './windows.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const COMMAND_LIMIT = 1024;

/** The specialize pass: computer name and time zone. */
export function specialize(windows: Windows, answer: AnswerFile | undefined): void {
  const name = answer?.text('specialize', SHELL, 'ComputerName');
  if (name !== undefined && name !== '' && name !== '*' && !/^(?!\d+$)[A-Za-z0-9-]{1,15}$/.test(name)) {
    throw unprocessable('specialize');
  }
  windows.computerName = name === undefined || name === '' || name === '*' ? randomName() : name;
  windows.newComputerName = undefined;
  const zone = answer?.text('specialize', SHELL, 'TimeZone') ?? answer?.text('oobeSystem', SHELL, 'TimeZone');
  if (zone !== undefined) windows.timeZone = zone;
}

/** The oobeSystem pass: Windows Server's only question is the Administrator's password. */
export function oobe(windows: Windows, answer: AnswerFile | undefined): void {
  const element = answer?.setting('oobeSystem', SHELL, 'UserAccounts', 'AdministratorPassword');
  const password = readPassword(element, 'AdministratorPassword');
  if (password === undefined)
    throw new SetupStop('Customize settings: Type a password for the built-in administrator account. [Finish]');
  if (!isComplex(password)) throw new SetupStop('Windows could not complete the installation. (0x800708C5)');
  windows.administratorPassword = password;
  windows.imageState = 'IMAGE_STATE_COMPLETE';
}

/** The command that runs at the first automatic logon. Throws SetupStop where Windows waits at the logon screen. */
export function firstLogonCommand(windows: Windows, answer: AnswerFile): string {
  const logon = answer.setting('oobeSystem', SHELL, 'AutoLogon');
  const password = readPassword(at(logon, 'Password'), 'Password');
  const works =
    textAt(logon, 'Enabled') === 'true' &&
    textAt(logon, 'Username')?.toLowerCase() === 'administrator' &&
    Number(textAt(logon, 'LogonCount')) >= 1;
  if (!works) throw new SetupStop('Press Ctrl+Alt+Delete to unlock.');
  if (password !== windows.administratorPassword)
    throw new SetupStop('The user name or password is incorrect. Try again. [OK]');
  const commands = all(answer.setting('oobeSystem', SHELL, 'FirstLogonCommands'), 'SynchronousCommand');
  const lines = commands.map((command) => textAt(command, 'CommandLine') ?? '');
  if (lines.some((line) => line.length > COMMAND_LIMIT)) throw unprocessable('oobeSystem');
  if (commands.some((command) => !/^\d+$/.test(textAt(command, 'Order') ?? ''))) throw unprocessable('oobeSystem');
  // Several commands would start at the same time; the contract allows one.
  const [line, second] = lines;
  if (line === undefined || second !== undefined) throw new SetupStop('Administrator: C:\\Windows\\system32\\cmd.exe');
  return line;
}

/** `WIN-` and eleven characters, as Windows names itself. */
function randomName(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  return `WIN-${[...randomBytes(11)].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
}

/** Windows Server's default policy: three of four kinds of characters, and not the account's name. */
function isComplex(password: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length;
  return kinds >= 3 && !password.toLowerCase().includes('administrator');
}
