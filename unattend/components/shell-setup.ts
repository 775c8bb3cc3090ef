import { encodePassword } from '../password.ts';
import type { SettingTree } from '../settings.ts';

/** The built-in account (RID 500) on most media; with it as AutoLogon's user name Setup enables it. */
const ADMINISTRATOR = 'Administrator';

/**
 * Pages of OOBE that nobody is there to answer. ProtectYourPC 1: recommended protection; 3: updates are off until
 * somebody turns them on. Source: Unattended Windows Setup Reference, Microsoft-Windows-Shell-Setup, OOBE.
 */
export function hiddenOobe(protectYourPc: 1 | 2 | 3): SettingTree {
  return {
    HideEULAPage: true,
    HideLocalAccountScreen: true,
    HideOEMRegistrationScreen: true,
    HideOnlineAccountScreens: true,
    HideWirelessSetupInOOBE: true,
    NetworkLocation: 'Work',
    ProtectYourPC: protectYourPc,
  };
}

/** UserAccounts with Administrator's password, encoded. Source: the same reference, AdministratorPassword. */
export function administratorAccount(password: string): SettingTree {
  return { AdministratorPassword: encodePassword(password, 'AdministratorPassword') };
}

/**
 * AutoLogon of Administrator, once. Windows counts one logon too many (a known issue that the reference names), so what
 * runs at the first logon must set AutoLogonCount of Winlogon to 0. Source: the same reference, AutoLogon, LogonCount.
 */
export function autoLogonOnce(password: string, username: string = ADMINISTRATOR): SettingTree {
  return { Password: encodePassword(password, 'Password'), Enabled: true, LogonCount: 1, Username: username };
}

/**
 * The one command of the first logon; of several Windows 10 and later start all at once.
 * Source: the same reference, FirstLogonCommands.
 */
export function firstLogonCommand(commandLine: string, description: string): SettingTree {
  return {
    SynchronousCommand: [{ CommandLine: commandLine, Description: description, Order: 1, RequiresUserInput: false }],
  };
}
