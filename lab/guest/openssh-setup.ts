import { createHash } from 'node:crypto';
import type { Disc } from '../disc/disc.ts';
import type { ScenarioState } from '../scenario.ts';
import { KEYS_ACL, WIDE_ACL } from './acl.ts';
import type { BootstrapParameters } from './bootstrap.ts';
import { AUTHORIZED_KEYS_FILE, DAEMON_JSON_FILE, SSH_FOLDER, SSHD_CONFIG_FILE } from './paths.ts';
import type { Windows } from './windows.ts';

/** A way to OpenSSH that did not work, as the bootstrap's report tells it. */
export interface SkippedSource {
  readonly source: string;
  readonly code: string;
  readonly message: string;
}

export type OpenSshOutcome =
  | { readonly source: string; readonly skipped: readonly SkippedSource[] }
  | { readonly code: string; readonly message: string; readonly evidence: readonly string[] };

/** Windows Update over TLS with a clock that is far off (ERROR_INTERNET_SECURE_FAILURE). */
const TLS_FAILED = '0x80072f8f';
const WINDOWS_FILE =
  'Subsystem\tsftp\tsftp-server.exe\r\nMatch Group administrators\r\n       AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys\r\n';

/** Tries the sources in their order, as bootstrap.json names them (docs/guest-contract.md). */
export async function chooseOpenSsh(
  { openssh }: BootstrapParameters,
  discs: readonly Disc[],
  { scenario }: ScenarioState,
  correctedSeconds: number,
): Promise<OpenSshOutcome> {
  const disc = discs.find((candidate) => candidate.label.toUpperCase() === 'INGOT');
  const skipped: SkippedSource[] = [];
  const clockIsRight = correctedSeconds !== 0 || scenario.clock === undefined;
  for (const source of openssh.sources) {
    const failed = await trySource(source);
    if (failed === undefined) return { source, skipped };
    skipped.push({ source, ...failed });
  }
  return {
    code: 'openssh.sources',
    message: `Expected OpenSSH Server from one of ${openssh.sources.join(', ')}, found that none works.`,
    evidence: skipped.map(({ source, code, message }) => `${source}: ${code} ${message}`),
  };

  async function trySource(source: string): Promise<Omit<SkippedSource, 'source'> | undefined> {
    if (source === 'capability') {
      const code = scenario.openssh?.capability ?? (clockIsRight ? undefined : TLS_FAILED);
      return refused(code);
    }
    if (source === 'features-on-demand') {
      const folder = openssh.featuresOnDemand?.folder ?? '';
      const found = disc?.below(folder).some(({ path }) => /OpenSSH-Server-Package~.*\.cab$/i.test(path)) === true;
      if (folder === '' || !found) return { code: '0x800f081f', message: 'The source files could not be found.' };
      const code = scenario.openssh?.featuresOnDemand;
      return refused(code);
    }
    const { name = '', sha256 = '' } = openssh.archive ?? {};
    const file = disc?.find(name);
    if (disc === undefined || file === undefined || name === '')
      return { code: 'openssh.no-disc', message: `Cannot find path '${name}' because it does not exist.` };
    const digest = createHash('sha256')
      .update(await disc.read(file))
      .digest('hex');
    if (digest === sha256.toLowerCase()) return undefined;
    return { code: 'guest.digest', message: `Expected the SHA-256 ${sha256} for ${name}, found ${digest}.` };
  }
}

function refused(code: string | undefined): Omit<SkippedSource, 'source'> | undefined {
  return code === undefined ? undefined : { code, message: `Add-WindowsCapability failed. Error code = ${code}` };
}

/** Installs OpenSSH Server and the Administrator's keys, and what the scenario has in the image besides. */
export function installOpenSsh(windows: Windows, parameters: BootstrapParameters, { scenario }: ScenarioState): void {
  const { port } = parameters.openssh;
  windows.services.set('sshd', { status: 'Running', startType: 'Automatic' });
  windows.files.makeFolder(SSH_FOLDER, { acl: 'O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)' });
  windows.files.write(SSHD_CONFIG_FILE, `Port ${port}\r\n${scenario.openssh?.config ?? WINDOWS_FILE}`);
  windows.files.write(AUTHORIZED_KEYS_FILE, `${parameters.authorizedKeys.join('\r\n')}\r\n`, {
    acl: scenario.bootstrap?.keyAcl === 'wide' ? WIDE_ACL : KEYS_ACL,
  });
  windows.firewall.push({
    ...{ name: 'OpenSSH-Server-In-TCP', port: String(port), protocol: 'TCP', enabled: true },
    ...{ direction: 'Inbound', action: 'Allow', edgeTraversal: 'Block', profile: 'Any' },
    ...{ remoteAddresses: ['Any'], program: '%SystemRoot%\\system32\\OpenSSH\\sshd.exe' },
  });
  const twice = scenario.firewall?.twice;
  for (const otherPort of twice === undefined ? [] : ['10250', '10251']) {
    windows.firewall.push({
      ...{ name: twice ?? '', port: otherPort, protocol: 'TCP', enabled: true },
      ...{ direction: 'Inbound', action: 'Allow', edgeTraversal: 'Allow', profile: 'Any' },
      ...{ remoteAddresses: ['Any'], program: 'Any' },
    });
  }
  if (scenario.docker?.daemon !== undefined) {
    windows.files.makeFolder('C:/ProgramData/docker/config');
    windows.files.write(DAEMON_JSON_FILE, scenario.docker.daemon);
  }
}
