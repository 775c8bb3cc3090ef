import { randomBytes } from 'node:crypto';
import { all, at, textAt, type XmlElement } from '../xml.ts';
import { type AnswerFile, readPassword } from './answer-file.ts';
import { keyFits } from './product-keys.ts';
import { checkCommands } from './run-commands.ts';
import { invalidFor, notApplied, SetupStop, WORDS } from './setup-stop.ts';
import { isTimeZone } from './time-zones.ts';
import type { Windows } from './windows.ts';

const SHELL = 'Microsoft-Windows-Shell-Setup';
const LONGEST_COMMAND = 1024;

/** The specialize pass: computer name, product key, time zone, commands. Throws SetupStop. */
export function specialize(windows: Windows, answer: AnswerFile | undefined): void {
  answer?.enter('specialize');
  const name = answer?.text('specialize', SHELL, 'ComputerName');
  if (name !== undefined && name !== '' && name !== '*' && !/^(?!\d+$)[A-Za-z0-9-]{1,15}$/.test(name)) {
    throw invalidFor('specialize');
  }
  const key = answer?.text('specialize', SHELL, 'ProductKey');
  if (key !== undefined && !keyFits(key, { build: windows.build, editionId: windows.edition })) {
    throw notApplied('specialize', SHELL);
  }
  if (answer !== undefined) checkCommands(answer, 'specialize', 'Microsoft-Windows-Deployment');
  setTimeZone(windows, answer, 'specialize');
  windows.computerName = name === undefined || name === '' || name === '*' ? randomName() : name;
  windows.newComputerName = undefined;
}

/** The oobeSystem pass: Windows Server's only question is the Administrator's password. Throws SetupStop. */
export function oobe(windows: Windows, answer: AnswerFile | undefined): void {
  answer?.enter('oobeSystem');
  setTimeZone(windows, answer, 'oobeSystem');
  for (const command of answer === undefined ? [] : logonCommands(answer)) {
    const line = textAt(command, 'CommandLine') ?? '';
    const place = textAt(command, 'Order') ?? '';
    if (line.length > LONGEST_COMMAND || !/^\d+$/.test(place)) throw invalidFor('oobeSystem');
  }
  const element = answer?.setting('oobeSystem', SHELL, 'UserAccounts', 'AdministratorPassword');
  const password = readPassword(element, 'AdministratorPassword');
  if (password === undefined)
    throw new SetupStop('Customize settings: Type a password for the built-in administrator account. [Finish]');
  if (!isComplex(password)) throw new SetupStop(WORDS.passwordPolicy);
  windows.administratorPassword = password;
  windows.imageState = 'IMAGE_STATE_COMPLETE';
}

/**
 * Setup keeps the answer file, with its passwords: in Panther, as it was given beside it, and where Sysprep would look for
 * one (Microsoft Learn, "Implicit Answer File Search Order").
 */
export function keepAnswerFile(windows: Windows, answer: AnswerFile | undefined): void {
  windows.sysprep.passwords.installation = windows.administratorPassword;
  if (answer === undefined) return;
  windows.files.makeFolder('C:/Windows/Panther/Unattend');
  for (const name of ['unattend.xml', 'unattend-original.xml', 'Unattend/unattend.xml'])
    windows.files.write(`C:/Windows/Panther/${name}`, answer.content);
}

/**
 * The command lines that the first automatic logon starts. Windows 10 and newer start them at the same time (Unattended
 * Windows Setup Reference, FirstLogonCommands), so their order is not kept: here the last one comes first.
 * Throws SetupStop where Windows waits at the logon screen.
 */
export function firstLogonCommands(windows: Windows, answer: AnswerFile): readonly string[] {
  const logon = answer.setting('oobeSystem', SHELL, 'AutoLogon');
  const password = readPassword(at(logon, 'Password'), 'Password');
  const works =
    textAt(logon, 'Enabled') === 'true' &&
    textAt(logon, 'Username')?.toLowerCase() === 'administrator' &&
    Number(textAt(logon, 'LogonCount')) >= 1;
  if (!works) throw new SetupStop('Press Ctrl+Alt+Delete to unlock.');
  if (password !== windows.administratorPassword)
    throw new SetupStop('The user name or password is incorrect. Try again. [OK]');
  const lines = logonCommands(answer).map((command) => textAt(command, 'CommandLine') ?? '');
  if (lines.length === 0) throw new SetupStop('Administrator: C:\\Windows\\system32\\cmd.exe');
  return lines.reverse();
}

function logonCommands(answer: AnswerFile): XmlElement[] {
  const commands = all(answer.setting('oobeSystem', SHELL, 'FirstLogonCommands'), 'SynchronousCommand');
  return commands.sort((a, b) => Number(textAt(a, 'Order')) - Number(textAt(b, 'Order')));
}

function setTimeZone(windows: Windows, answer: AnswerFile | undefined, pass: string): void {
  const zone = answer?.text(pass, SHELL, 'TimeZone');
  if (zone === undefined) return;
  if (!isTimeZone(zone)) throw notApplied(pass, SHELL);
  windows.timeZone = zone;
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
