import { internationalSettings, type Locale } from './locale.ts';
import type { AnswerFile } from './model.ts';
import { encodePassword } from './password.ts';
import { type PassTree, passes } from './settings.ts';

export interface SysprepOptions {
  readonly locale: Locale;
  /** A Windows time zone (`tzutil /l`). */
  readonly timeZone: string;
  readonly organization: string;
  readonly owner: string;
  /** At most 15 characters; `*`: every clone gets a random name, for templates that are customised at clone time. */
  readonly computerName: string;
  readonly administratorPassword: string;
  /** Lets Windows take the rest of a larger disk at the clone's first start. Default false. */
  readonly extendOsPartition?: boolean | undefined;
  /** More components and settings; they replace those of the same name. */
  readonly extra?: PassTree | undefined;
}

/**
 * The answer file that Sysprep leaves in the clone (`unattend.xml`): setting by setting the one of OpenShift's
 * documentation, "Creating a Windows VM golden image for vSphere", with its placeholders replaced and the password
 * encoded.
 */
export function sysprepAnswerFile(options: SysprepOptions): AnswerFile {
  return { passes: passes(specialize(options), oobe(options), options.extra ?? {}) };
}

function specialize(options: SysprepOptions): PassTree {
  return {
    specialize: {
      'Microsoft-Windows-International-Core': {
        ...internationalSettings(options.locale),
        UILanguageFallback: options.locale.ui,
      },
      'Microsoft-Windows-Security-SPP-UX': { SkipAutoActivation: true },
      'Microsoft-Windows-SQMApi': { CEIPEnabled: 0 },
      'Microsoft-Windows-Shell-Setup': { ComputerName: options.computerName },
      'Microsoft-Windows-Deployment':
        options.extendOsPartition === true ? { ExtendOSPartition: { Extend: true } } : undefined,
    },
  };
}

function oobe(options: SysprepOptions): PassTree {
  return {
    oobeSystem: {
      'Microsoft-Windows-Shell-Setup': {
        AutoLogon: { Enabled: false },
        OOBE: {
          HideEULAPage: true,
          HideLocalAccountScreen: true,
          HideOEMRegistrationScreen: true,
          HideOnlineAccountScreens: true,
          HideWirelessSetupInOOBE: true,
          NetworkLocation: 'Work',
          ProtectYourPC: 1,
          SkipMachineOOBE: true,
          SkipUserOOBE: true,
        },
        RegisteredOrganization: options.organization,
        RegisteredOwner: options.owner,
        DisableAutoDaylightTimeSet: false,
        TimeZone: options.timeZone,
        UserAccounts: {
          AdministratorPassword: encodePassword(options.administratorPassword, 'AdministratorPassword'),
        },
      },
    },
  };
}
