import type { Disc } from '../disc/disc.ts';
import type { ScenarioState } from '../scenario.ts';
import { KEYS_ACL, WIDE_ACL } from './acl.ts';
import { AUTHORIZED_KEYS_FILE, SSH_FOLDER, SSHD_CONFIG_FILE, TOOLS_FOLDER } from './paths.ts';
import { SetupStop } from './setup-stop.ts';
import type { Windows } from './windows.ts';

const LABEL = 'INGOT';
const DEFAULT_TOOLS_VERSION = '12.3.5.22544099';

/** What bootstrap.json holds (docs/guest-contract.md). */
export interface BootstrapParameters {
  readonly build: string;
  readonly authorizedKeys: readonly string[];
  readonly openssh: { readonly source: string; readonly port: number };
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
  const told = (await disc.text('tools-version.txt'))?.trim();
  const { version, startType, status } = state.scenario.tools ?? {};
  windows.toolsVersion = version ?? (told || DEFAULT_TOOLS_VERSION);
  windows.services.set('VMTools', { status: status ?? 'Running', startType: startType ?? 'Automatic' });
  windows.software.set('VMware Tools', windows.toolsVersion);
  windows.files.makeFolder(TOOLS_FOLDER);
  return true;
}

/** Why OpenSSH Server can't be installed from where bootstrap.json says; undefined if it can. */
export function opensshProblem(parameters: BootstrapParameters, discs: readonly Disc[]): string | undefined {
  if (parameters.openssh.source !== 'disc') return undefined;
  const disc = discs.find((candidate) => candidate.label.toUpperCase() === LABEL);
  return disc?.find('OpenSSH-Win64.zip') === undefined
    ? "Cannot find path 'OpenSSH-Win64.zip' because it does not exist."
    : undefined;
}

/** Installs OpenSSH Server and the Administrator's keys. */
export function installOpenSsh(windows: Windows, parameters: BootstrapParameters, state: ScenarioState): void {
  windows.services.set('sshd', { status: 'Running', startType: 'Automatic' });
  windows.files.makeFolder(SSH_FOLDER, { acl: 'O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)' });
  windows.files.write(
    SSHD_CONFIG_FILE,
    `Port ${parameters.openssh.port}\r\nSubsystem\tsftp\tsftp-server.exe\r\nMatch Group administrators\r\n       AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys\r\n`,
  );
  windows.files.write(AUTHORIZED_KEYS_FILE, `${parameters.authorizedKeys.join('\r\n')}\r\n`, {
    acl: state.scenario.bootstrap?.keyAcl === 'wide' ? WIDE_ACL : KEYS_ACL,
  });
  windows.firewall.push({
    name: 'OpenSSH-Server-In-TCP',
    port: parameters.openssh.port,
    protocol: 'TCP',
    enabled: true,
    direction: 'Inbound',
    action: 'Allow',
    edgeTraversal: 'Block',
    profile: 'Any',
  });
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
  const source = 'source' in openssh ? openssh.source : undefined;
  const port = 'port' in openssh ? openssh.port : undefined;
  if ((source !== 'capability' && source !== 'disc') || typeof port !== 'number') return undefined;
  return { build, authorizedKeys: keys.filter((key) => typeof key === 'string'), openssh: { source, port } };
}
