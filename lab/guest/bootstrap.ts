import type { Disc } from '../disc/disc.ts';
import type { ScenarioState } from '../scenario.ts';
import type { OpenSshOutcome } from './openssh-setup.ts';
import { TOOLS_CONF_FILE, TOOLS_FOLDER } from './paths.ts';
import { SetupStop } from './setup-stop.ts';
import type { Windows } from './windows.ts';

const LABEL = 'INGOT';
const DEFAULT_TOOLS_VERSION = '12.3.5.22544099';

/** What bootstrap.json holds (docs/guest-contract.md). */
export interface BootstrapParameters {
  readonly build: string;
  readonly authorizedKeys: readonly string[];
  /** When the disc was made. */
  readonly time: string | undefined;
  readonly openssh: {
    readonly sources: readonly string[];
    readonly port: number;
    /** `name` on the disc and `sha256`; `folder` on the disc. */
    readonly archive: Readonly<Record<string, string>> | undefined;
    readonly featuresOnDemand: Readonly<Record<string, string>> | undefined;
  };
}

/**
 * Runs what the first logon's commands do up to the bootstrap's parameters: the disc by its label, the three files,
 * bootstrap.json. Commands beside it start with it and change nothing that the lab models.
 * Throws SetupStop with what stands on the console; nothing can be told to vCenter yet.
 */
export async function startBootstrap(
  commands: readonly string[],
  discs: readonly Disc[],
): Promise<BootstrapParameters> {
  const [found, second] = commands.filter(
    (command) => /powershell(\.exe)?\b/i.test(command) && /bootstrap\.ps1/i.test(command) && command.includes(LABEL),
  );
  if (found === undefined) {
    throw new SetupStop(
      `Administrator: Windows PowerShell\n${commands[0]?.slice(0, 200)}\nThe term is not recognized as the name of a cmdlet, function, script file, or operable program.`,
    );
  }
  if (second !== undefined) {
    throw new SetupStop(
      'bootstrap.ps1 : The process cannot access the file because it is being used by another process.',
    );
  }
  const disc = discs.find((candidate) => candidate.label.toUpperCase() === LABEL);
  if (disc === undefined)
    throw new SetupStop(
      `Get-Volume : No MSFT_Volume objects found with property 'FileSystemLabel' equal to '${LABEL}'.`,
    );
  const names = ['bootstrap.ps1'];
  for (const name of names) {
    const text = await disc.text(name);
    if (text === undefined) throw new SetupStop(`The argument '${name}' to the -File parameter does not exist.`);
    if (text.trim() === '' || /[^\t\r\n -~]/.test(text))
      throw new SetupStop(`At ${name}:1 char:1\nUnexpected token in expression or statement.`);
    // What it dot-sources must lie beside it.
    for (const [, part = ''] of text.matchAll(/^\. .*\bPSScriptRoot\b.*'([\w-]+\.ps1)'\)\s*$/gm))
      if (!names.includes(part)) names.push(part);
  }
  const json = await disc.text('bootstrap.json');
  if (json === undefined)
    throw new SetupStop("Get-Content : Cannot find path 'bootstrap.json' because it does not exist.");
  const parameters = readParameters(json);
  if (parameters === undefined) throw new SetupStop('bootstrap.ps1 : ConvertFrom-Json : Invalid object passed in.');
  return parameters;
}

/** Installs VMware Tools from the CD that holds setup64.exe. False: there is none, and nothing can be told. */
export async function installTools(windows: Windows, discs: readonly Disc[], state: ScenarioState): Promise<boolean> {
  const disc = discs.find((candidate) => candidate.find('setup64.exe') !== undefined);
  if (disc === undefined) return false;
  // Windows Installer does one installation at a time: ERROR_INSTALL_ALREADY_RUNNING.
  if (state.scenario.tools?.busy === 'always') {
    throw new SetupStop(
      'bootstrap.ps1 : Expected setup64.exe to end with exit code 0, 3010 or 1641, found 1618. Another installation is at work',
    );
  }
  const told = (await disc.text('tools-version.txt'))?.trim();
  const { version, startType, status } = state.scenario.tools ?? {};
  windows.toolsVersion = version ?? (told || DEFAULT_TOOLS_VERSION);
  windows.services.set('VMTools', { status: status ?? 'Running', startType: startType ?? 'Automatic' });
  windows.software.set('VMware Tools', windows.toolsVersion);
  windows.files.makeFolder(TOOLS_FOLDER);
  if (state.scenario.toolsConf?.readOnly) {
    windows.files.write(TOOLS_CONF_FILE, '[logging]\r\nlog = true\r\n');
    windows.files.change(TOOLS_CONF_FILE, { readOnly: true });
  }
  return true;
}

/** A day: how far ahead of the disc a clock may be that is right. */
const DAY_SECONDS = 86_400;

/**
 * What the bootstrap adds to a clock that is off, in seconds: by the time on the disc, before anything is installed. A
 * clock in the past and one more than a day ahead are wrong; without a time on the disc nothing is known of it.
 */
export function correctedSeconds({ time }: BootstrapParameters, { scenario }: ScenarioState): number {
  const off = (scenario.clock?.days ?? 0) * DAY_SECONDS;
  if (off === 0 || time === undefined || Number.isNaN(Date.parse(time))) return 0;
  return off < 0 || off > DAY_SECONDS ? -off : 0;
}

/** What the bootstrap publishes at its end. */
export function readyReport(
  windows: Windows,
  done: {
    readonly published: string;
    readonly outcome: OpenSshOutcome;
    readonly seconds: number;
    readonly bootTime: Date;
  },
) {
  const service = windows.services.get('VMTools');
  return {
    state: 'ready',
    hostKeys: [done.published.split(' ').slice(0, 2).join(' ')],
    tools: { version: windows.toolsVersion, status: service?.status, startType: service?.startType },
    os: { build: windows.build, edition: windows.edition, installationType: windows.installationType },
    computerName: windows.computerName,
    bootTime: done.bootTime.toISOString(),
    ...{ username: 'Administrator', openssh: done.outcome, clock: { correctedSeconds: done.seconds } },
  };
}

function readParameters(json: string): BootstrapParameters | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const build = 'build' in value ? value.build : undefined;
  const keys = 'authorizedKeys' in value ? value.authorizedKeys : undefined;
  const openssh = 'openssh' in value ? value.openssh : undefined;
  if (typeof build !== 'string' || !Array.isArray(keys) || openssh === null || typeof openssh !== 'object')
    return undefined;
  const field = (name: string) => Object.entries(openssh).find(([key]) => key === name)?.[1];
  const [sources, port] = [field('sources'), field('port')];
  const time = 'time' in value && typeof value.time === 'string' ? value.time : undefined;
  const known = ['capability', 'features-on-demand', 'archive'];
  if (!Array.isArray(sources) || !sources.every((source) => known.includes(source)) || typeof port !== 'number')
    return undefined;
  return {
    ...{ build, time, authorizedKeys: keys.filter((key) => typeof key === 'string') },
    openssh: { sources, port, archive: texts(field('archive')), featuresOnDemand: texts(field('featuresOnDemand')) },
  };
}

/** The members of an object that are text. */
function texts(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => typeof member === 'string'));
}
