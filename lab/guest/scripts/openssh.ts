import { KEYS_ACL, WIDE_ACL } from '../acl.ts';
import { AUTHORIZED_KEYS_FILE, HOST_KEY_FILE, SSH_FOLDER, SSHD_CONFIG_FILE } from '../paths.ts';
import { invalid, type ScriptCall, ScriptError, type ScriptModel, texts } from './call.ts';
import { badOption } from './sshd-keywords.ts';

const RULE = 'OpenSSH-Server-In-TCP';
const CONFIG_ACL = 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;AU)';

export const openssh: ScriptModel = (call) => {
  const keys = texts(call, 'authorizedKeys');
  if (keys.length === 0) throw invalid('authorizedKeys', 'at least one key');
  const { port, config } = call.parameters;
  if (typeof port !== 'number' || port < 1 || port > 65535) throw invalid('port', 'a port');
  const { windows } = call;
  const before = stateOf(call);
  const rule = windows.firewall.find((candidate) => candidate.name === RULE);
  const content = `${keys.join('\r\n')}\r\n`;
  const wide = call.scenario.scenario.openssh?.keyAcl === 'wide';
  const todo = [
    windows.files.read(AUTHORIZED_KEYS_FILE)?.toString('latin1') !== content || before.acl !== KEYS_ACL ? 'keys' : '',
    typeof config === 'string' && config !== '' ? 'sshd_config' : '',
    before.status !== 'Running' || before.startType !== 'Automatic' ? 'service' : '',
    rule?.profile !== 'Any' || rule.port !== String(port) || !rule.enabled ? 'rule' : '',
    before.outdated ? 'outdated' : '',
  ].filter((what) => what !== '');
  if (!call.test) {
    // Something in the image widens the list again.
    windows.files.write(AUTHORIZED_KEYS_FILE, content, { acl: wide ? WIDE_ACL : KEYS_ACL });
    if (typeof config === 'string' && config !== '') putConfig(call, config);
    windows.services.set('sshd', { status: 'Running', startType: 'Automatic' });
    if (rule !== undefined) Object.assign(rule, { profile: 'Any', port: String(port), enabled: true, action: 'Allow' });
    windows.sshdConfig = windows.files.read(SSHD_CONFIG_FILE)?.toString('latin1') ?? '';
  }
  return { changed: todo.length > 0, before, after: stateOf(call), rebootRequired: false, evidence: todo };
};

/** `sshd -t`, then the move; the access list of the old file stays. */
function putConfig({ windows }: ScriptCall, candidate: string): void {
  const text = windows.files.read(candidate)?.toString('latin1');
  if (text === undefined)
    throw new ScriptError(`Cannot find path '${candidate}' because it does not exist.`, { category: 'ObjectNotFound' });
  const problem = badOption(text, candidate);
  if (problem !== undefined) {
    throw new ScriptError(
      `Expected sshd -t to accept the new sshd_config, found exit code 255: ${problem} | ${candidate}: terminating, 1 bad configuration options`,
      { code: 'openssh.sshd-config' },
    );
  }
  windows.files.write(SSHD_CONFIG_FILE, text);
  windows.files.removeFile(candidate);
}

function stateOf({ windows }: ScriptCall) {
  const { files, services, firewall } = windows;
  const keys = files.get(AUTHORIZED_KEYS_FILE);
  const config = files.get(SSHD_CONFIG_FILE);
  const service = services.get('sshd');
  const rule = firewall.find((candidate) => candidate.name === RULE);
  const lines = keys?.content.toString('latin1').split(/\r?\n/) ?? [];
  const hostKey = files.read(`${HOST_KEY_FILE}.pub`)?.toString('latin1') ?? '';
  return {
    keys: lines.filter((line) => line !== ''),
    acl: keys?.acl ?? '',
    folders: [{ path: SSH_FOLDER.replaceAll('/', '\\'), acl: files.get(SSH_FOLDER)?.acl ?? '' }],
    config: (config?.content ?? Buffer.alloc(0)).toString('base64'),
    configAcl: config?.acl ?? CONFIG_ACL,
    outdated: (config?.content.toString('latin1') ?? '') !== windows.sshdConfig,
    hostKeys: hostKey === '' ? [] : [hostKey.split(' ').slice(0, 2).join(' ')],
    status: service?.status ?? 'Missing',
    startType: service?.startType ?? '',
    firewall: {
      profile: rule?.profile ?? '',
      enabled: rule?.enabled ?? false,
      action: rule?.action ?? '',
      port: rule?.port ?? '',
    },
  };
}
