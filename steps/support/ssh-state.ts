import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { foreignWriters, isForAdministratorsOnly } from './sddl.ts';
import { missingOptions, type SshdOptions } from './sshd-config.ts';

/** What `openssh.ps1` finds (docs/guest-contract.md). Access lists are SDDL. */
export const sshState = z.object({
  keys: z.array(z.string()),
  acl: z.string(),
  folders: z.array(z.object({ path: z.string(), acl: z.string() })),
  config: z.base64(),
  configAcl: z.string(),
  /** sshd runs since before its file was changed. */
  outdated: z.boolean(),
  hostKeys: z.array(z.string()),
  status: z.string(),
  startType: z.string(),
  firewall: z.object({ profile: z.string(), enabled: z.boolean(), action: z.string(), port: z.string() }),
});
export type SshState = z.infer<typeof sshState>;

export interface ExpectedSsh {
  readonly keys: readonly string[];
  readonly hostKeys: readonly string[];
  readonly options: SshdOptions;
  readonly port: number;
}

/** The lines that prove sshd of an image. @throws IngotError `openssh.*` for the first thing that is not as it must be. */
export function proveSsh(found: SshState, expected: ExpectedSsh): string[] {
  proveKeys(found, expected);
  proveHostKeys(found, expected);
  proveAccess(found);
  proveConfig(found, expected);
  proveService(found);
  proveRule(found, expected);
  const options = Object.entries(expected.options).map(([name, value]) => `${name} ${value}`);
  return [
    `host key pinned; ${found.keys.length} administrators’ keys, ACL exact`,
    `sshd ${found.status}, ${found.startType}; firewall profile ${found.firewall.profile}, port ${found.firewall.port}`,
    `sshd_config: ${options.join(', ')}; only Administrators and SYSTEM may write to it and its folders`,
  ];
}

function proveKeys({ keys, acl }: SshState, expected: ExpectedSsh): void {
  const missing = expected.keys.filter((key) => !keys.some((line) => sameKey(line, key)));
  if (missing.length > 0) {
    throw new IngotError('openssh.keys', `expected ${missing.length} more keys in administrators_authorized_keys`, {
      evidence: [...missing.map((key) => `missing: ${key}`), ...keys.map((key) => `found: ${key}`)],
      remedy: 'look for software in the image that rewrites the file',
    });
  }
  // OpenSSH up to 8.1 refuses the file if anybody else is even named.
  if (isForAdministratorsOnly(acl)) return;
  throw new IngotError(
    'openssh.acl',
    'expected administrators_authorized_keys to be open to Administrators and SYSTEM only',
    {
      evidence: [`found ${acl}`],
      remedy:
        'run: icacls.exe C:\\ProgramData\\ssh\\administrators_authorized_keys /inheritance:r /grant *S-1-5-32-544:F /grant *S-1-5-18:F, and find out what changes it back',
    },
  );
}

function proveHostKeys({ hostKeys }: SshState, expected: ExpectedSsh): void {
  if (expected.hostKeys.some((key) => hostKeys.some((other) => sameKey(key, other)))) return;
  throw new IngotError(
    'openssh.host-keys',
    'expected the host keys that the bootstrap published in C:\\ProgramData\\ssh',
    {
      evidence: hostKeys.map((key) => `found: ${key}`),
      remedy: 'look for software in the image that makes new host keys; ingot does so itself, when it seals',
    },
  );
}

/** Since October 2024 (9.5) sshd does not start if others may write there, without a word in its log. */
function proveAccess({ folders, configAcl }: SshState): void {
  for (const { path, acl } of [...folders, { path: 'C:\\ProgramData\\ssh\\sshd_config', acl: configAcl }]) {
    const writers = acl === '' ? [] : foreignWriters(acl);
    if (writers.length === 0) continue;
    throw new IngotError(
      'openssh.folder-acl',
      `expected only Administrators and SYSTEM to be able to write to ${path}`,
      {
        evidence: [`found ${acl}`, ...writers.map((sid) => `may write: ${sid}`)],
        remedy: 'look for an update or software in the image that changes the access list: sshd would not start',
      },
    );
  }
}

function proveConfig({ config, outdated }: SshState, { options, port }: ExpectedSsh): void {
  const missing = missingOptions(Buffer.from(config, 'base64'), options);
  if (missing.length > 0) {
    throw new IngotError('openssh.sshd-config', `expected sshd_config to set ${missing.join(', ')} for all logins`, {
      evidence: missing.map((name) => `expected: ${name} ${name === 'Port' ? port : options[name]}`),
      remedy: 'look for software in the image that rewrites C:\\ProgramData\\ssh\\sshd_config',
    });
  }
  if (!outdated) return;
  throw new IngotError(
    'openssh.outdated',
    'expected sshd to run with its present sshd_config, found it older than the file',
    {
      remedy: 'run: Restart-Service sshd, and find out what keeps it from being restarted',
    },
  );
}

function proveService({ status, startType }: SshState): void {
  if (status === 'Running' && startType === 'Automatic') return;
  throw new IngotError('openssh.service', 'expected sshd to run and to start automatically', {
    evidence: [`found ${status}, ${startType}`],
    remedy: 'run: Set-Service sshd -StartupType Automatic; Start-Service sshd',
  });
}

function proveRule({ firewall }: SshState, { port }: ExpectedSsh): void {
  const { profile, enabled, action } = firewall;
  if (profile === 'Any' && enabled && action === 'Allow' && firewall.port === String(port)) return;
  throw new IngotError(
    'openssh.firewall',
    `expected the rule OpenSSH-Server-In-TCP to open port ${port} in any profile`,
    {
      evidence: [`found ${JSON.stringify(firewall)}`],
      remedy: 'look for a group policy or software in the image that rewrites the rule OpenSSH-Server-In-TCP',
    },
  );
}

/** Type and key; the comment may differ. */
function sameKey(a: string, b: string): boolean {
  const [x, y] = [a, b].map((line) => line.split(/\s+/).slice(0, 2).join(' '));
  return x === y;
}
