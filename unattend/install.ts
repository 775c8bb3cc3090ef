import { IngotError } from '../common/failure.ts';
import { diskConfiguration, type Firmware, installTo } from './disk.ts';
import { driverSettings, vmwareDriverPaths } from './drivers.ts';
import { internationalSettings, type Locale } from './locale.ts';
import type { AnswerFile } from './model.ts';
import { encodePassword } from './password.ts';
import { type PassTree, passes, type SettingTree } from './settings.ts';

export interface InstallOptions {
  readonly firmware: Firmware;
  /** The image in `sources/install.wim`: its index, or its NAME. */
  readonly image: { readonly index: number } | { readonly name: string };
  /** Left out: no key, as evaluation media need it. See `kmsClientKey`. */
  readonly productKey?: string | undefined;
  /** `Server` has Server Manager and Internet Explorer, `Server Core` does not. */
  readonly installationType: 'Server' | 'Server Core';
  readonly locale: Locale;
  /** A Windows time zone (`tzutil /l`). */
  readonly timeZone: string;
  readonly organization: string;
  readonly owner: string;
  /** At most 15 characters; `*`: Setup invents one. */
  readonly computerName: string;
  readonly administratorPassword: string;
  /** The disc that the first logon looks for by its label, and the script in its root. */
  readonly bootstrap: { readonly volumeLabel: string; readonly script: string };
  /** Folders of drivers for Windows PE. Left out: pvscsi and vmxnet3 on the VMware Tools disc. */
  readonly driverPaths?: readonly string[] | undefined;
  /** More components and settings; they replace those of the same name. */
  readonly extra?: PassTree | undefined;
}

/** Longest CommandLine of a FirstLogonCommand. */
const LONGEST_COMMAND = 1024;
const ADMINISTRATOR = 'Administrator';

/**
 * The answer file of Windows Setup (`Autounattend.xml`): from an empty disk to `bootstrap.ps1` running as
 * Administrator. Source: Unattended Windows Setup Reference.
 *
 * @throws IngotError `unattend.bootstrap` when label or script cannot stand in a command line
 */
export function installAnswerFile(options: InstallOptions): AnswerFile {
  return { passes: passes(windowsPe(options), specialize(options), oobe(options), options.extra ?? {}) };
}

function windowsPe(options: InstallOptions): PassTree {
  const international = internationalSettings(options.locale);
  const { image } = options;
  return {
    windowsPE: {
      'Microsoft-Windows-International-Core-WinPE': {
        SetupUILanguage: { UILanguage: options.locale.ui, WillShowUI: 'OnError' },
        ...international,
      },
      'Microsoft-Windows-PnpCustomizationsWinPE': driverSettings(options.driverPaths ?? vmwareDriverPaths()),
      'Microsoft-Windows-Setup': {
        DiskConfiguration: diskConfiguration(options.firmware),
        ImageInstall: {
          OSImage: {
            InstallFrom: {
              MetaData: [
                'index' in image
                  ? { Key: '/IMAGE/INDEX', Value: image.index }
                  : { Key: '/IMAGE/NAME', Value: image.name },
              ],
            },
            InstallTo: installTo(options.firmware),
            WillShowUI: 'OnError',
          },
        },
        UserData: {
          AcceptEula: true,
          FullName: options.owner,
          Organization: options.organization,
          // Without a key the element is left out: an empty one stops Setup.
          ProductKey: options.productKey === undefined ? undefined : { Key: options.productKey, WillShowUI: 'OnError' },
        },
      },
    },
  };
}

function specialize(options: InstallOptions): PassTree {
  return {
    specialize: {
      'Microsoft-Windows-Shell-Setup': { ComputerName: options.computerName, TimeZone: options.timeZone },
      ...(options.installationType === 'Server' ? desktopSettings() : {}),
    },
  };
}

/** Nothing opens at logon, and the browser's hardening asks nothing. These components are not in Server Core. */
function desktopSettings(): { readonly [component: string]: SettingTree } {
  return {
    'Microsoft-Windows-ServerManager-SvrMgrNc': { DoNotOpenServerManagerAtLogon: true },
    'Microsoft-Windows-IE-ESC': { IEHardenAdmin: false, IEHardenUser: false },
  };
}

function oobe(options: InstallOptions): PassTree {
  return {
    oobeSystem: {
      'Microsoft-Windows-International-Core': internationalSettings(options.locale),
      'Microsoft-Windows-Shell-Setup': {
        OOBE: {
          HideEULAPage: true,
          HideLocalAccountScreen: true,
          HideOEMRegistrationScreen: true,
          HideOnlineAccountScreens: true,
          HideWirelessSetupInOOBE: true,
          NetworkLocation: 'Work',
          ProtectYourPC: 3,
        },
        RegisteredOrganization: options.organization,
        RegisteredOwner: options.owner,
        TimeZone: options.timeZone,
        UserAccounts: {
          AdministratorPassword: encodePassword(options.administratorPassword, 'AdministratorPassword'),
        },
        AutoLogon: {
          Password: encodePassword(options.administratorPassword, 'Password'),
          Enabled: true,
          LogonCount: 1,
          Username: ADMINISTRATOR,
        },
        FirstLogonCommands: {
          // One command only: Windows starts several at the same time.
          SynchronousCommand: [
            {
              Order: 1,
              CommandLine: bootstrapCommand(options.bootstrap),
              Description: `Run ${options.bootstrap.script} from the disc ${options.bootstrap.volumeLabel}`,
              RequiresUserInput: false,
            },
          ],
        },
      },
    },
  };
}

/**
 * The command that finds a disc by its volume label and runs a script in its root; drive letters are not known before.
 * Inside double quotes, so only single ones occur in it.
 */
export function bootstrapCommand({ volumeLabel, script }: InstallOptions['bootstrap']): string {
  const safe = /^[A-Za-z0-9_.-]+$/;
  const find = `(Get-CimInstance -ClassName Win32_LogicalDisk -Filter 'VolumeName=''${volumeLabel}''' | Select-Object -First 1).DeviceID`;
  const command = `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "& (${find} + '\\${script}')"`;
  if (!safe.test(volumeLabel) || !safe.test(script) || command.length > LONGEST_COMMAND) {
    throw new IngotError(
      'unattend.bootstrap',
      `Expected a volume label and a script name of letters, digits, _, . and -, found “${volumeLabel}” and “${script}”`,
      { remedy: 'Rename them.' },
    );
  }
  return command;
}
