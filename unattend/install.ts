import { type Bootstrap, bootstrapCommand } from './bootstrap.ts';
import { neverSleep } from './components/deployment.ts';
import { type NetworkOptions, networkSettings } from './components/network.ts';
import { browserHardeningOff, serverManagerClosed } from './components/server.ts';
import { administratorAccount, autoLogonOnce, firstLogonCommand, hiddenOobe } from './components/shell-setup.ts';
import { diskConfiguration, type Firmware, installTo } from './disk.ts';
import { driverSettings, vmwareDriverPaths } from './drivers.ts';
import { checkExtra } from './extra.ts';
import { internationalSettings, type Locale } from './locale.ts';
import type { AnswerFile } from './model.ts';
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
  /** Name of the built-in administrator on the media. Default `Administrator`. */
  readonly administratorName?: string | undefined;
  /** The disc that the first logon looks for by its label, and the script in its root. */
  readonly bootstrap: Bootstrap;
  /** A partition for Windows RE before Windows. Default false. */
  readonly recoveryPartition?: boolean | undefined;
  /** More folders of drivers for Windows PE and Windows, beside pvscsi and vmxnet3 on the VMware Tools disc. */
  readonly driverPaths?: readonly string[] | undefined;
  /** Static addresses and DNS. Left out: DHCP. */
  readonly network?: NetworkOptions | undefined;
  /** The user's components and settings: they win over ours (see `passes`). */
  readonly extra?: PassTree | undefined;
}

/**
 * The answer file of Windows Setup (`Autounattend.xml`): from an empty disk to `bootstrap.ps1` running as
 * Administrator. Source: Unattended Windows Setup Reference.
 *
 * @throws IngotError `unattend.bootstrap` when label or script cannot stand in a command line; `unattend.network`;
 *   `unattend.extra` with the path of each mistake in `extra`
 */
export function installAnswerFile(options: InstallOptions): AnswerFile {
  checkExtra(options.extra);
  return {
    passes: passes(
      windowsPe(options),
      specialize(options),
      ...(options.installationType === 'Server' ? [serverManagerClosed(), browserHardeningOff()] : []),
      neverSleep(),
      networkSettings(options.network ?? {}),
      oobe(options),
      options.extra ?? {},
    ),
  };
}

function windowsPe(options: InstallOptions): PassTree {
  const { locale } = options;
  return {
    windowsPE: {
      'Microsoft-Windows-International-Core-WinPE': {
        SetupUILanguage: { UILanguage: locale.ui, WillShowUI: 'OnError' },
        ...internationalSettings(locale),
      },
      'Microsoft-Windows-PnpCustomizationsWinPE': driverSettings([
        ...vmwareDriverPaths(),
        ...(options.driverPaths ?? []),
      ]),
      'Microsoft-Windows-Setup': {
        DiskConfiguration: diskConfiguration(options.firmware, options.recoveryPartition),
        ImageInstall: { OSImage: osImage(options) },
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

function osImage({ image, firmware, recoveryPartition }: InstallOptions): SettingTree {
  const metadata =
    'index' in image ? { Key: '/IMAGE/INDEX', Value: image.index } : { Key: '/IMAGE/NAME', Value: image.name };
  return {
    InstallFrom: { MetaData: [metadata] },
    InstallTo: installTo(firmware, recoveryPartition),
    WillShowUI: 'OnError',
  };
}

function specialize({ computerName, timeZone }: InstallOptions): PassTree {
  // The zone here too: Windows takes the hardware's clock for local time, and VMware Tools are installed soon after.
  return { specialize: { 'Microsoft-Windows-Shell-Setup': { ComputerName: computerName, TimeZone: timeZone } } };
}

function oobe(options: InstallOptions): PassTree {
  const { bootstrap, administratorPassword } = options;
  return {
    oobeSystem: {
      'Microsoft-Windows-International-Core': internationalSettings(options.locale),
      'Microsoft-Windows-Shell-Setup': {
        OOBE: hiddenOobe(3),
        RegisteredOrganization: options.organization,
        RegisteredOwner: options.owner,
        TimeZone: options.timeZone,
        UserAccounts: administratorAccount(administratorPassword),
        AutoLogon: autoLogonOnce(administratorPassword, options.administratorName),
        FirstLogonCommands: firstLogonCommand(
          bootstrapCommand(bootstrap),
          `Run ${bootstrap.script} from the disc ${bootstrap.volumeLabel}`,
        ),
      },
    },
  };
}
