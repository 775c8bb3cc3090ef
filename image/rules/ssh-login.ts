import type { Finding, Path } from '../problem.ts';
import { keyFindings } from './openssh.ts';
import type { Raw, Rule } from './rule.ts';

const BASTION: Path = ['openssh', 'bastion'];

/** Exactly one way to log in to Windows, at most one of its own to the bastion. */
export const credentials: Rule = ({ openssh }, raw) => {
  if (openssh === undefined) return [];
  const found = loginFindings(['openssh'], raw);
  if (raw(['openssh', 'privateKey']) === undefined && !isGiven(raw(['openssh', 'agent']))) {
    found.push({
      path: ['openssh', 'privateKey'],
      code: 'image.required',
      expected: 'privateKey (a reference to a secret: env:NAME, file:PATH or exec:COMMAND) or agent',
      found: 'nothing',
      remedy: 'add privateKey, or agent: true',
    });
  }
  if (openssh.bastion === undefined) return found;
  found.push(...loginFindings(BASTION, raw));
  if (raw([...BASTION, 'publicKey']) !== undefined && !isGiven(raw([...BASTION, 'agent']))) {
    found.push({
      path: [...BASTION, 'publicKey'],
      atKey: true,
      code: 'openssh.login',
      expected: 'agent beside publicKey',
      found: 'none',
      remedy: 'add agent: true, or remove publicKey',
    });
  }
  return found;
};

/** `false` is the same as nothing. */
function isGiven(agent: unknown): boolean {
  return agent !== undefined && agent !== false;
}

function loginFindings(path: Path, raw: Raw): Finding[] {
  const name = path.join('.');
  const hasKey = raw([...path, 'privateKey']) !== undefined;
  const findings: Finding[] = [];
  if (hasKey && isGiven(raw([...path, 'agent']))) {
    findings.push({
      path: [...path, 'agent'],
      atKey: true,
      code: 'openssh.login',
      expected: `either ${name}.privateKey or ${name}.agent`,
      found: 'both',
      remedy: 'remove one of the two',
    });
  }
  if (!hasKey && raw([...path, 'passphrase']) !== undefined) {
    findings.push({
      path: [...path, 'passphrase'],
      atKey: true,
      code: 'openssh.login',
      expected: `${name}.privateKey beside its passphrase`,
      found: 'none',
      remedy: 'add privateKey, or remove passphrase: an agent asks for it by itself',
    });
  }
  return findings;
}

/** The bastion proves who it is in one of two ways, and keys are keys. */
export const bastionKeys: Rule = ({ openssh }, raw) => {
  const bastion = openssh?.bastion;
  if (bastion === undefined) return [];
  const given = (['hostKeys', 'knownHosts'] as const).filter((key) => raw([...BASTION, key]) !== undefined);
  const findings = (bastion.hostKeys ?? []).flatMap((line, index) =>
    line === undefined ? [] : keyFindings(line, [...BASTION, 'hostKeys', index]),
  );
  if (bastion.publicKey?.kind === 'key' && bastion.publicKey.key !== undefined) {
    findings.push(...keyFindings(bastion.publicKey.key, [...BASTION, 'publicKey']));
  }
  if (given.length === 1) return findings;
  const neither = given.length === 0;
  findings.push({
    path: [...BASTION, neither ? 'hostKeys' : 'knownHosts'],
    atKey: !neither,
    code: 'openssh.bastion-host-key',
    expected: 'either hostKeys or knownHosts',
    found: neither ? 'neither' : 'both',
    remedy: neither ? 'add hostKeys with the lines of ssh-keyscan, once compared' : 'remove one of the two',
  });
  return findings;
};
