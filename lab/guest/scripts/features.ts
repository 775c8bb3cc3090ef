import { INGOT_FOLDER } from '../paths.ts';
import { type ScriptCall, ScriptError, type ScriptModel, text, texts } from './call.ts';

/** Windows features an image may ask for, and whether they need a restart. */
const FEATURES: Readonly<Record<string, boolean>> = {
  Containers: true,
  'Hyper-V': true,
  'Hyper-V-PowerShell': false,
  'Web-Server': false,
  'Telnet-Client': false,
  'NET-Framework-Core': false,
  'Failover-Clustering': true,
  SNMP: false,
};
const REBOOT_REASON = 'Component Based Servicing';

export const windowsFeature: ScriptModel = (call) => {
  const { features, pendingReboot } = call.windows;
  let changed = false;
  for (const name of texts(call, 'names')) {
    const restart = FEATURES[name];
    if (restart === undefined) {
      throw new ScriptError(
        `Install-WindowsFeature : ArgumentNotValid: The role, role service, or feature name is not valid: '${name}'.`,
        { category: 'InvalidArgument' },
      );
    }
    if (features.has(name)) continue;
    changed = true;
    features.set(name, restart ? 'InstallPending' : 'Installed');
    if (restart && !pendingReboot.includes(REBOOT_REASON)) pendingReboot.push(REBOOT_REASON);
  }
  return {
    changed,
    rebootRequired: [...features.values()].includes('InstallPending'),
    installed: [...features].filter(([, state]) => state === 'Installed').map(([name]) => name),
  };
};

export const docker: ScriptModel = (call) => installRuntime(call, 'docker', 'C:/Program Files/docker');
export const containerd: ScriptModel = (call) => installRuntime(call, 'containerd', 'C:/Program Files/containerd');

function installRuntime(call: ScriptCall, service: string, folder: string): ReturnType<ScriptModel> {
  const { windows } = call;
  const version = text(call, 'version');
  if (!/^[0-9a-fA-F]{64}$/.test(text(call, 'sha256'))) {
    throw new ScriptError("Cannot validate argument on parameter 'sha256': expected 64 hexadecimal digits.", {
      category: 'InvalidData',
    });
  }
  if (call.parameters.url === undefined && windows.files.read(text(call, 'path')) === undefined) {
    throw new ScriptError(`Cannot find path '${text(call, 'path')}' because it does not exist.`, {
      category: 'ObjectNotFound',
    });
  }
  if (service === 'docker' && windows.features.get('Containers') !== 'Installed') {
    throw new ScriptError("Service 'docker' cannot be started: the Containers feature is not active.", {
      category: 'OpenError',
    });
  }
  const changed = windows.software.get(service) !== version;
  windows.software.set(service, version);
  windows.files.makeFolder(folder);
  windows.services.set(service, { status: 'Running', startType: 'Automatic' });
  return { changed, version, status: 'Running', startType: 'Automatic' };
}

export const cleanup: ScriptModel = ({ windows }) => {
  const removed = windows.files.removeTree(`${INGOT_FOLDER}/downloads`);
  windows.files.makeFolder('C:/Windows/Temp');
  for (const entry of windows.files.list('C:/Windows/Temp') ?? [])
    removed.push(...windows.files.removeTree(entry.path));
  return { freedBytes: removed.length * 4096, removed: removed.map((path) => path.replaceAll('/', '\\')) };
};
