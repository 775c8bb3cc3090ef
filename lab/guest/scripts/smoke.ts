import type { Json } from '../../../common/json.ts';
import { AUTHORIZED_KEYS_FILE, CACHED_ANSWER_FILE, SSH_FOLDER, SSHD_CONFIG_FILE, TOOLS_CONF_FILE } from '../paths.ts';
import type { Windows } from '../windows.ts';
import { type ScriptCall, type ScriptModel, text, texts, whole } from './call.ts';

const GUESTINFO = 'guestinfo.ingot.smoke';
/** The lab knows no sizes of disks. */
const DISK = { size: 60 * 2 ** 30, unallocated: 0 };

/** What a clone is like. The end of OOBE is not waited for: in the lab it is there or never comes. */
export const smoke: ScriptModel = async (call) => {
  const { windows } = call;
  const { files, software } = windows;
  whole(call, 'seconds');
  const over = windows.imageState === 'IMAGE_STATE_COMPLETE';
  const facts: Record<string, Json> = {
    run: text(call, 'run'),
    computerName: windows.computerName,
    domain: 'WORKGROUP',
    partOfDomain: false,
    imageState: windows.imageState,
    systemSetupInProgress: over ? 0 : 1,
    oobeInProgress: over ? 0 : 1,
    osBuild: windows.build,
    hostKeys: hostKeys(windows),
    sshd: sshd(windows),
    tools: { ...service(windows, 'VMTools'), version: windows.toolsVersion ?? '' },
    runtime: runtime(call, software),
    rules: windows.firewall
      .filter(({ name }) => texts(call, 'rules').includes(name))
      .map(({ name, port, protocol, enabled, direction, action }) => ({
        name,
        port: String(port),
        protocol,
        enabled,
        direction,
        action,
      })),
    timeZone: windows.timeZone,
    leftovers: windows.carried.map(shown),
    passwordFiles: passwordFiles(windows),
    disk: DISK,
    dns: texts(call, 'dnsNames').map((name) => dns(call, name)),
    published: true,
  };
  await call.publish({ [GUESTINFO]: JSON.stringify(facts) });
  const keys = files.get(AUTHORIZED_KEYS_FILE);
  return {
    ...facts,
    toolsConf: (files.read(TOOLS_CONF_FILE) ?? Buffer.alloc(0)).toString('base64'),
    authorizedKeys: {
      keys: (keys?.content.toString('latin1') ?? '').split(/\r?\n/).filter((line) => line !== ''),
      acl: keys?.acl ?? '',
    },
  };
};

const shown = (path: string): string => path.replaceAll('/', '\\');

function service({ services }: Windows, name: string) {
  const { status, startType } = services.get(name) ?? { status: 'Missing', startType: '' };
  return { status, startType };
}

/** A name of the cluster is known to the lab's DNS, and api-int leads where api does, unless a scenario says otherwise. */
function dns({ scenario, network }: ScriptCall, name: string) {
  if (network().length === 0) return { name, addresses: [], chain: [], error: 'DNS_ERROR_NO_DNS_SERVERS' };
  const { addresses, chain = [], error = '' } = scenario.scenario.dns?.[name] ?? {};
  return { name, addresses: [...(addresses ?? (error === '' ? ['192.0.2.6'] : []))], chain: [...chain], error };
}

function hostKeys({ files }: Windows): string[] {
  return (files.list(SSH_FOLDER) ?? [])
    .filter(({ path }) => /\/ssh_host_\w+_key\.pub$/i.test(path))
    .map(({ content }) => content.toString('latin1').split(/\s+/).slice(0, 2).join(' '));
}

/** sshd listens at 127.0.0.1 whatever the network cards do. */
function sshd(windows: Windows) {
  const state = service(windows, 'sshd');
  const config = windows.files.read(SSHD_CONFIG_FILE)?.toString('latin1') ?? '';
  const banner = state.status === 'Running' ? 'SSH-2.0-OpenSSH_for_Windows_8.1' : '';
  return { ...state, port: Number(/^\s*Port\s+(\d+)/im.exec(config)?.[1] ?? 22), banner };
}

function runtime(call: ScriptCall, software: Windows['software']) {
  const name = call.parameters.runtime;
  if (typeof name !== 'string' || name === '') return null;
  const state = service(call.windows, name);
  const answers = state.status === 'Running' && call.scenario.scenario.clone?.runtime !== 'silent';
  const answer = answers ? (software.get(name) ?? '') : 'no answer within 30 s';
  return { name, ...state, answers, answer };
}

/** Answer files of Windows with a password that is not crossed out. */
function passwordFiles({ files }: Windows): string[] {
  const content = files.read(CACHED_ANSWER_FILE)?.toString('utf8') ?? '';
  const values = [...content.matchAll(/<\w*Password>(?:(?!<\/).)*?<Value>([^<]*)/gs)].map(([, value = '']) => value);
  return values.some((value) => value !== '' && !value.includes('SENSITIVE*DATA*DELETED'))
    ? [shown(CACHED_ANSWER_FILE)]
    : [];
}
