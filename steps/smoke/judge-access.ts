import { isForAdministratorsOnly } from '../support/sddl.ts';
import type { SmokeFacts } from './facts.ts';
import type { Expected, Verdict } from './judge.ts';

/** The ways into a clone: sshd, its keys, the firewall. */
export function judgeAccess(facts: SmokeFacts, expected: Expected): readonly Verdict[] {
  return [judgeSshd(facts, expected), judgeKeys(facts, expected), ...judgeRules(facts, expected)];
}

function judgeSshd({ sshd }: SmokeFacts, { image }: Expected): Verdict {
  const { status, startType, port, banner } = sshd;
  const runs = status === 'Running' && startType === 'Automatic';
  if (runs && port === image.openssh.port && /^SSH-2\.0-\S/.test(banner))
    return `sshd ${status}, ${startType}; answers on port ${port}: ${banner}`;
  const found = `${status}, ${startType}, port ${port}, ${banner === '' ? 'no answer' : JSON.stringify(banner)}`;
  return {
    code: 'smoke.sshd',
    message: `expected sshd of a clone to run, to start automatically and to answer on port ${image.openssh.port}, found ${found}`,
    remedy:
      'nobody could log in to a clone: look at the event log OpenSSH/Operational of one (smokeTest.keepOnFailure), and for what changes the service sshd or the access list of C:\\ProgramData\\ssh',
  };
}

function judgeKeys({ authorizedKeys: { keys, acl } }: SmokeFacts, { authorizedKeys }: Expected): Verdict {
  const missing = authorizedKeys.filter((key) => !keys.some((line) => sameKey(line, key)));
  if (missing.length === 0 && isForAdministratorsOnly(acl)) return `${keys.length} administrators' keys, ACL exact`;
  return {
    code: 'smoke.keys',
    message:
      missing.length > 0
        ? `expected all of openssh.authorizedKeys in administrators_authorized_keys of a clone, found ${missing.length} missing`
        : `expected administrators_authorized_keys of a clone to be open to Administrators and SYSTEM only, found ${acl}`,
    remedy: 'look for a step or software of the image that rewrites the file after the step openssh',
  };
}

function judgeRules({ rules }: SmokeFacts, { image }: Expected): readonly Verdict[] {
  return image.firewall.rules.map(({ name, port, protocol, direction, action }) => {
    const found = rules.filter((rule) => rule.name === name);
    const open = found.some(
      (rule) =>
        rule.enabled &&
        rule.port === String(port) &&
        rule.protocol === protocol &&
        rule.direction === direction &&
        rule.action === action,
    );
    if (open) return `rule ${name}: ${protocol} ${port}`;
    return {
      code: 'smoke.firewall',
      message: `expected an enabled rule ${name} for ${protocol} ${port} in a clone, found ${found.length === 0 ? 'none' : JSON.stringify(found)}`,
      remedy: 'look for a policy or a step of the image that removes firewall rules after the step firewall',
    };
  });
}

/** Type and key; the comment may differ. */
function sameKey(a: string, b: string): boolean {
  const [x, y] = [a, b].map((line) => line.split(/\s+/).slice(0, 2).join(' '));
  return x === y;
}
