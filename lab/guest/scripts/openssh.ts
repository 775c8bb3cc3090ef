import { KEYS_ACL, WIDE_ACL } from '../acl.ts';
import { AUTHORIZED_KEYS_FILE } from '../paths.ts';
import { type ScriptModel, texts } from './call.ts';

const RULE = 'OpenSSH-Server-In-TCP';
const KEY = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) AAAA[A-Za-z0-9+/=]+( .*)?$/;

export const openssh: ScriptModel = (call) => {
  const keys = texts(call, 'authorizedKeys');
  const { files, services, firewall } = call.windows;
  const before = files.get(AUTHORIZED_KEYS_FILE);
  const content = `${keys.join('\r\n')}\r\n`;
  const acl = call.scenario.scenario.openssh?.keyAcl === 'wide' ? WIDE_ACL : KEYS_ACL;
  files.write(AUTHORIZED_KEYS_FILE, content, { acl });
  const service = services.get('sshd') ?? { status: 'Stopped', startType: 'Manual' };
  services.set('sshd', { status: 'Running', startType: 'Automatic' });
  const rule = firewall.find((candidate) => candidate.name === RULE);
  const changed =
    before?.content.toString('utf8') !== content ||
    before.acl !== acl ||
    service.startType !== 'Automatic' ||
    rule?.profile !== 'Any';
  if (rule !== undefined) rule.profile = 'Any';
  return {
    changed,
    keys: keys.filter((key) => KEY.test(key)),
    acl,
    status: 'Running',
    startType: 'Automatic',
    firewallProfile: rule?.profile ?? '',
  };
};
