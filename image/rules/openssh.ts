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

export const archiveOfDisc: Rule = ({ openssh }, raw) => {
  if (openssh?.source !== 'disc' || raw(['openssh', 'archive']) !== undefined) return [];
  return [
    {
      path: ['openssh', 'archive'],
      code: 'openssh.archive',
      expected: 'the Win32-OpenSSH ZIP beside source: disc',
      found: 'nothing',
      remedy: 'add archive: PATH, or set source: capability',
    },
  ];
};
