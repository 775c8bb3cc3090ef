import { extendOsPartition } from './components/deployment.ts';
import { type DomainJoin, domainJoin } from './components/domain-join.ts';
import { type NetworkOptions, networkSettings } from './components/network.ts';
import { noAutoActivation, noCustomerExperienceProgram } from './components/server.ts';
import { administratorAccount, hiddenOobe } from './components/shell-setup.ts';
import { checkExtra } from './extra.ts';
import { internationalSettings, type Locale } from './locale.ts';
import type { AnswerFile } from './model.ts';
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
  /** Static addresses and DNS. Left out: DHCP. */
  readonly network?: NetworkOptions | undefined;
  /** What the clone joins at its first start. Left out: the workgroup it is in. */
  readonly domainJoin?: DomainJoin | undefined;
  /** The user's components and settings: they win over ours (see `passes`). */
  readonly extra?: PassTree | undefined;
}

/**
 * The answer file that Sysprep leaves in the clone (`unattend.xml`): setting by setting the one of OpenShift's
 * documentation, "Creating a Windows VM golden image for vSphere", with its placeholders replaced and the password
 * encoded.
 *
 * @throws IngotError `unattend.network`; `unattend.extra` with the path of each mistake in `extra`
 */
export function sysprepAnswerFile(options: SysprepOptions): AnswerFile {
  checkExtra(options.extra);
  return {
    passes: passes(
      international(options),
      noAutoActivation(),
      noCustomerExperienceProgram(),
      { specialize: { 'Microsoft-Windows-Shell-Setup': { ComputerName: options.computerName } } },
      options.extendOsPartition === true ? extendOsPartition() : {},
      networkSettings(options.network ?? {}),
      options.domainJoin === undefined ? {} : domainJoin(options.domainJoin),
      oobe(options),
      options.extra ?? {},
    ),
  };
}

function international({ locale }: SysprepOptions): PassTree {
  const settings = { ...internationalSettings(locale), UILanguageFallback: locale.ui };
  return { specialize: { 'Microsoft-Windows-International-Core': settings } };
}

function oobe(options: SysprepOptions): PassTree {
  return {
    oobeSystem: {
      'Microsoft-Windows-Shell-Setup': {
        AutoLogon: { Enabled: false },
        // The last two are deprecated; OpenShift's sample has them, so its clones are known to start with them.
        OOBE: { ...hiddenOobe(1), SkipMachineOOBE: true, SkipUserOOBE: true },
        RegisteredOrganization: options.organization,
        RegisteredOwner: options.owner,
        DisableAutoDaylightTimeSet: false,
        TimeZone: options.timeZone,
        UserAccounts: administratorAccount(options.administratorPassword),
      },
    },
  };
}
