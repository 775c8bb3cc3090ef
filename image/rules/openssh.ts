import type { Finding, Path } from '../problem.ts';
import { checkPublicKey } from '../public-key.ts';
import type { Rule } from './rule.ts';

/** What is wrong with a public key, at its place; the key's text is not repeated. */
export function keyFindings(line: string, path: Path): Finding[] {
  const check = checkPublicKey(line);
  if (!('found' in check)) return [];
  return [
    {
      path,
      code: check.weak ? 'openssh.weak-key' : 'openssh.key',
      expected: 'an OpenSSH public key: ssh-ed25519, ecdsa-sha2-nistp256, -384, -521, or ssh-rsa of 2048 bits or more',
      found: check.found,
      remedy: check.weak
        ? 'make a new key: ssh-keygen -t ed25519'
        : 'paste the one line of the .pub file, without options',
    },
  ];
}

export const authorizedKeys: Rule = ({ openssh }) =>
  (openssh?.authorizedKeys ?? []).flatMap((key, index) =>
    key?.kind === 'key' && key.key !== undefined ? keyFindings(key.key, ['openssh', 'authorizedKeys', index]) : [],
  );

/** A source that needs a file has it; a way in by key stays. */
export const opensshSources: Rule = ({ openssh }, raw) => {
  const fields = { 'features-on-demand': 'featuresOnDemand', archive: 'archive' } as const;
  const findings: Finding[] = [];
  for (const [index, source] of (openssh?.sources ?? []).entries()) {
    if (source === undefined || source === 'capability' || raw(['openssh', fields[source]]) !== undefined) continue;
    findings.push({
      path: ['openssh', 'sources', index],
      code: 'openssh.source',
      expected: `openssh.${fields[source]} beside the source ${source}`,
      found: 'nothing',
      remedy: `add ${fields[source]}: PATH, or take ${source} out of the list`,
    });
  }
  return findings;
};

/** ingot, and the operator behind it, log in by key: an image that refuses keys would lock both out. */
export const keysAllowed: Rule = ({ openssh }) =>
  Object.entries(openssh?.sshdConfig ?? {}).flatMap(([name, value]): Finding[] => {
    const keyword = name.toLowerCase();
    const refuses = keyword === 'pubkeyauthentication' && value?.toLowerCase() === 'no';
    const demands = keyword === 'authenticationmethods' && !/(^|\s)(publickey|any)(\s|$)/i.test(value ?? '');
    if (!refuses && !demands) return [];
    return [
      {
        path: ['openssh', 'sshdConfig', name],
        code: 'openssh.sshd-config',
        expected: 'an sshd that lets public keys in by themselves',
        found: `${name} ${value}`,
        remedy: 'remove it: ingot and the operator of OpenShift log in by key',
      },
    ];
  });
