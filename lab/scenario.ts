import { readFile } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';
import type { Fault } from './proxy/faults.ts';

/** What a script of the contract does wrong; the counts say how many runs are affected, then it works. */
export interface ScriptFault {
  /** The guest reboots in the middle of this many runs. */
  readonly reboots?: number;
  /** The SSH connection drops, without a reboot, in the middle of this many runs. */
  readonly drops?: number;
  /** The service VMTools is stopped in the middle of this many runs, which then never end. */
  readonly stopsTools?: number;
  /** The script fails with this message… */
  readonly fails?: string;
  /** …in this many runs; every run if it is not given. */
  readonly times?: number;
  /** The script never ends. */
  readonly hangs?: boolean;
}

/** What goes wrong with a job (a scheduled task); the counts say how often. */
export interface JobFault {
  /** The SSH connection drops in the middle of its log. */
  readonly drops?: number;
  /** Its task is killed and leaves no result. */
  readonly dies?: number;
  /** It does not begin its work before somebody asks for it a second time. */
  readonly untilFound?: boolean;
}

/** What a clone of a sealed disk does wrong at its first start. */
export interface CloneFault {
  /** It stays black: no Windows, no Tools. */
  readonly black?: boolean;
  /** OOBE waits at a page with these words; Windows and VMware Tools run, and nobody can log in. */
  readonly stuckAt?: string;
  /** OOBE has set the password and does not come to its end. */
  readonly oobe?: 'never-ends';
  readonly computerName?: 'kept';
  readonly hostKeys?: 'kept';
  readonly sshd?: 'Stopped' | 'Manual';
  readonly tools?: 'Stopped' | 'Manual';
  readonly runtime?: 'Stopped' | 'silent';
  readonly hns?: 'left';
  readonly rules?: 'gone';
  /** The answer file in Panther keeps its password. */
  readonly password?: 'left';
}

/** What DNS says of a name: 192.0.2.6 if neither addresses nor an error are given. */
export interface DnsFault {
  readonly addresses?: readonly string[];
  /** Where its CNAME leads, link by link. */
  readonly chain?: readonly string[];
  /** The name of the error in winerror.h, as `DNS_ERROR_RCODE_NAME_ERROR`. */
  readonly error?: string;
}

/** One update of a round. */
export interface ScenarioUpdate {
  readonly kb: string;
  readonly title: string;
  /** Windows Update Agent's OperationResultCode: 2 succeeded, 4 failed. */
  readonly resultCode?: number;
  readonly hresult?: number;
  readonly reboot?: boolean;
  /** It installs with success, is taken back at the restart, and offered again. */
  readonly rollsBack?: boolean;
}

/** What is in Sysprep's way, in Windows as it is. */
export interface SysprepFound {
  /** Only in the clone: what is looked at before it is made is fine. */
  readonly at?: 'clone';
  readonly pendingReboot?: 'once' | 'stays';
  readonly servicing?: boolean;
  readonly installer?: boolean;
  /** Full names of AppX packages that a user has and that are not provisioned. */
  readonly packages?: readonly string[];
  readonly bitlocker?: boolean;
  readonly domain?: string;
  readonly rearms?: number;
  readonly defenderEndpoint?: boolean;
  /** An earlier Sysprep broke off. */
  readonly interrupted?: boolean;
  readonly roles?: readonly string[];
}

/** What goes wrong with Sysprep. */
export interface SysprepFault {
  /** `validation`: it refuses and leaves Windows as it was; `wrong-state`: its tag is there, the state is another. */
  readonly outcome?: 'fails' | 'fails-silently' | 'hangs' | 'validation' | 'wrong-state';
  /** Lines of setuperr.log; without an outcome Sysprep seals all the same. */
  readonly errors?: readonly string[];
  /** Windows does not shut down behind the verdict. */
  readonly neverOff?: boolean;
  /** Milliseconds that it takes. */
  readonly takes?: number;
  readonly found?: SysprepFound;
}

/** How disks leave and come (HttpNfcLease), and what goes wrong with that. */
export interface NfcScenario {
  /** ExportVm of a template is refused (InvalidState). */
  readonly templates?: 'refused';
  /** Disks go over the ESXi host, whose thumbprint vCenter tells; or it tells another one. */
  readonly host?: 'esxi' | 'esxi-other';
  /** A lease never becomes ready, or becomes an error. */
  readonly initializing?: 'hangs' | 'fails';
  /** Seconds without a sign of life after which a lease ends; 300 if it is not given. */
  readonly leaseSeconds?: number;
  /** The disk that is exported is so much longer. */
  readonly padMegabytes?: number;
  /** The first transfer is cut when so many bytes of it went through. */
  readonly cutAfterBytes?: number;
  /** The first disk that is sent stops for so many milliseconds. */
  readonly stallMs?: number;
  /** vCenter's own digests are not those of the bytes. */
  readonly manifest?: 'wrong';
  /** The export option `extraconfig` does nothing. */
  readonly extraConfig?: 'dropped';
}

/** What goes wrong in a lab. Everything is optional; an empty scenario is a lab where all goes well. */
export interface Scenario {
  readonly boot?: { readonly vmwareLog?: 'locked'; readonly promptAfter?: number };
  readonly setup?: { readonly stuckAt?: string };
  readonly bootstrap?: { readonly fails?: string; readonly evidence?: readonly string[]; readonly keyAcl?: 'wide' };
  readonly tools?: {
    readonly version?: string;
    readonly startType?: 'Automatic' | 'Manual';
    readonly status?: 'Running' | 'Stopped';
    /** Windows Installer is busy (1618): for a while, or for ever. */
    readonly busy?: 'first' | 'always';
  };
  readonly network?: {
    readonly linkLocal?: 'first' | 'only';
    readonly unreachable?: boolean;
    readonly duplicate?: boolean;
  };
  /** Files of guests go over the ESXi host, whose certificate vCenter knows; or it knows another one. */
  readonly guestFiles?: { readonly certificate: 'known' | 'other' };
  readonly nfc?: NfcScenario;
  readonly ssh?: { readonly hostKey?: 'differs'; readonly refusesKey?: boolean };
  readonly openssh?: {
    readonly keyAcl?: 'wide';
    /** HRESULT that the capability fails with from Windows Update, as `0x800f0954`; from a folder. */
    readonly capability?: string;
    readonly featuresOnDemand?: string;
    /** sshd_config as something in the image has left it. */
    readonly config?: string;
  };
  readonly toolsConf?: { readonly acl?: 'wide'; readonly readOnly?: boolean };
  readonly firewall?: {
    readonly policy?: 'ignores-local-rules' | 'disables-rules';
    /** Display name of a rule that is there twice already. */
    readonly twice?: string;
  };
  /** `daemon.json` as something in the image has left it. */
  readonly docker?: { readonly daemon?: string };
  /** SHA-256 of whatever Windows downloads. */
  readonly downloads?: { readonly sha256?: string };
  /** How far the clock of Windows is off. */
  readonly clock?: { readonly days?: number };
  readonly scripts?: Readonly<Record<string, ScriptFault>>;
  readonly jobs?: Readonly<Record<string, JobFault>>;
  readonly servicing?: {
    /** A reason for a restart that no restart clears. */
    readonly pending?: string;
    /** PendingFileRenameOperations is set. */
    readonly renames?: boolean;
    /** It never becomes idle after a restart. */
    readonly busy?: boolean;
  };
  readonly features?: {
    /** Features whose payload is not on the disk. */
    readonly payloadRemoved?: readonly string[];
    /** Restarts that a feature wants which wants any; 1 if it is not given. */
    readonly restarts?: number;
    /** HRESULT that every installation ends with, as `0x800f0922`. */
    readonly fails?: string;
  };
  readonly componentStore?: {
    /** Servicing waits for a restart in this many runs of cleanup.ps1. */
    readonly pending?: number;
    /** HRESULT that cleaning the component store ends with. */
    readonly fails?: string;
  };
  /** A key that is not writable; the name of a value that something sets back at once. */
  readonly registry?: { readonly denied?: string; readonly resets?: string };
  /** The words of a store that refuses; `vanish`: it takes certificates and does not have them. */
  readonly certificates?: { readonly refuses?: string; readonly vanish?: boolean };
  readonly time?: { readonly policy?: 'disabled' | 'servers' };
  readonly defender?: { readonly absent?: boolean; readonly tamperProtected?: boolean; readonly hidden?: boolean };
  /** A part of the inventory that cannot be read. */
  readonly inventory?: { readonly unread?: string };
  readonly updates?: {
    readonly rounds?: readonly (readonly ScenarioUpdate[])[];
    /** The metadata of updates cannot be read: until a restart, or for ever. */
    readonly metadata?: 'once' | 'broken';
    /** The HRESULT that each search ends with. */
    readonly search?: string;
    readonly wsus?: 'unreachable';
    /** Another installation never ends. */
    readonly busy?: boolean;
  };
  readonly sysprep?: SysprepFault;
  readonly clone?: CloneFault;
  /** vCenter's customization of a guest ends with this message; it does not end. */
  readonly customization?: { readonly fails?: string; readonly hangs?: boolean };
  /** What DNS tells Windows, by name. */
  readonly dns?: Readonly<Record<string, DnsFault>>;
  readonly power?: { readonly neverOff?: boolean };
  /** Faults of vCenter itself. */
  readonly faults?: readonly Fault[];
}

const MEMBERS: Readonly<Record<keyof Scenario, readonly string[] | undefined>> = {
  boot: ['vmwareLog', 'promptAfter'],
  setup: ['stuckAt'],
  bootstrap: ['fails', 'evidence', 'keyAcl'],
  tools: ['version', 'startType', 'status', 'busy'],
  network: ['linkLocal', 'unreachable', 'duplicate'],
  toolsConf: ['acl', 'readOnly'],
  firewall: ['policy', 'twice'],
  docker: ['daemon'],
  downloads: ['sha256'],
  clock: ['days'],
  guestFiles: ['certificate'],
  nfc: [
    'templates',
    'host',
    'initializing',
    'leaseSeconds',
    'padMegabytes',
    'cutAfterBytes',
    'stallMs',
    'manifest',
    'extraConfig',
  ],
  ssh: ['hostKey', 'refusesKey'],
  openssh: ['keyAcl', 'capability', 'featuresOnDemand', 'config'],
  scripts: undefined,
  jobs: undefined,
  servicing: ['pending', 'renames', 'busy'],
  features: ['payloadRemoved', 'restarts', 'fails'],
  componentStore: ['pending', 'fails'],
  registry: ['denied', 'resets'],
  certificates: ['refuses', 'vanish'],
  time: ['policy'],
  defender: ['absent', 'tamperProtected', 'hidden'],
  inventory: ['unread'],
  updates: ['rounds', 'metadata', 'search', 'wsus', 'busy'],
  sysprep: ['outcome', 'errors', 'neverOff', 'takes', 'found'],
  clone: [
    'black',
    'stuckAt',
    'oobe',
    'computerName',
    'hostKeys',
    'sshd',
    'tools',
    'runtime',
    'hns',
    'rules',
    'password',
  ],
  customization: ['fails', 'hangs'],
  dns: undefined,
  power: ['neverOff'],
  faults: undefined,
};

const JOB_MEMBERS = ['drops', 'dies', 'untilFound'];
const DNS_MEMBERS = ['addresses', 'chain', 'error'];
const SCRIPT_MEMBERS = ['reboots', 'drops', 'stopsTools', 'fails', 'times', 'hangs'];
const FAULT_KINDS: readonly Fault['kind'][] = ['soap', 'task', 'http', 'reset', 'delay', 'upload'];

/** Reads `--scenario`: JSON itself, or the path of a JSON or YAML file. Throws `lab.scenario`. */
export async function readScenario(source: string): Promise<Scenario> {
  if (source.trimStart().startsWith('{')) return checkScenario(parse(source, 'the argument', JSON.parse));
  const text = await readFile(source, 'utf8').catch((error: unknown) => {
    throw new IngotError('lab.scenario', `expected a scenario file, could not read ${source}`, { cause: error });
  });
  const { parse: parseYaml } = await import('yaml');
  return checkScenario(parse(text, source, parseYaml));
}

/** Checks the names of a scenario's members, so that a misspelt fault is not silently no fault. Throws `lab.scenario`. */
export function checkScenario(value: unknown): Scenario {
  if (!isObject(value)) throw problem(`expected an object, found ${JSON.stringify(value)}`);
  for (const [name, part] of Object.entries(value)) {
    if (!(name in MEMBERS)) throw problem(`expected one of ${Object.keys(MEMBERS).join(', ')}, found ${name}`);
    const members = MEMBERS[name as keyof Scenario];
    if (name === 'faults') checkFaults(part);
    if (name === 'scripts') checkNamed(name, part, SCRIPT_MEMBERS);
    if (name === 'jobs') checkNamed(name, part, JOB_MEMBERS);
    if (name === 'dns') checkNamed(name, part, DNS_MEMBERS);
    if (members === undefined) continue;
    if (!isObject(part)) throw problem(`expected ${name} to be an object, found ${JSON.stringify(part)}`);
    const unknown = Object.keys(part).find((member) => !members.includes(member));
    if (unknown !== undefined) throw problem(`expected ${name} to have ${members.join(', ')}, found ${unknown}`);
  }
  return value as Scenario;
}

function checkNamed(name: string, part: unknown, members: readonly string[]): void {
  if (!isObject(part)) throw problem(`expected ${name} to be an object, found ${JSON.stringify(part)}`);
  for (const [one, fault] of Object.entries(part)) {
    const unknown = isObject(fault) ? Object.keys(fault).find((member) => !members.includes(member)) : 'no object';
    if (unknown !== undefined) throw problem(`expected ${one} to have ${members.join(', ')}, found ${unknown}`);
  }
}

function checkFaults(part: unknown): void {
  if (!Array.isArray(part)) throw problem(`expected faults to be a list, found ${JSON.stringify(part)}`);
  for (const fault of part) {
    const kind: unknown = isObject(fault) ? fault.kind : undefined;
    if (!FAULT_KINDS.some((known) => known === kind)) {
      throw problem(
        `expected the kind of a fault to be one of ${FAULT_KINDS.join(', ')}, found ${JSON.stringify(kind)}`,
      );
    }
  }
}

/** A scenario at work: remembers what has struck already. */
export class ScenarioState {
  scenario: Scenario;
  readonly #struck = new Map<string, number>();

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  /** Takes another scenario and forgets what the last one did. */
  change(scenario: Scenario): void {
    this.scenario = scenario;
    this.#struck.clear();
  }

  /** True for the first `times` calls with this name. */
  strikes(name: string, times: number | undefined): boolean {
    const so = this.#struck.get(name) ?? 0;
    if (so >= (times ?? 0)) return false;
    this.#struck.set(name, so + 1);
    return true;
  }
}

function parse(text: string, where: string, reader: (text: string) => unknown): unknown {
  try {
    return reader(text) ?? {};
  } catch (error) {
    throw problem(`could not parse ${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function problem(message: string): IngotError {
  return new IngotError('lab.scenario', message, { remedy: 'see the table of scenarios in lab/README.md' });
}
