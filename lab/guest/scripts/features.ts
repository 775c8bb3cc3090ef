import { settleFeatures } from '../servicing.ts';
import type { Windows } from '../windows.ts';
import { invalid, type ScriptCall, ScriptError, type ScriptModel } from './call.ts';

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
  'Windows-Defender': true,
  'XPS-Viewer': false,
};
/** Their payload does not come with Windows (Microsoft, “Features on Demand”). */
const WITHOUT_PAYLOAD = ['NET-Framework-Core'];
const CAPABILITIES = [
  'OpenSSH.Client~~~~0.0.1.0',
  'OpenSSH.Server~~~~0.0.1.0',
  'ServerCore.AppCompatibility~~~~0.0.1.0',
  'Language.Basic~~~de-DE~0.0.1.0',
  'XPS.Viewer~~~~0.0.1.0',
];
const REBOOT_REASON = 'CBS\\RebootPending';

export const windowsFeature: ScriptModel = (call) => {
  const { windows, scenario } = call;
  const [names, remove, capabilities] = [list(call, 'names'), list(call, 'remove'), list(call, 'capabilities')];
  if (names.length + remove.length + capabilities.length === 0) throw invalid('names', 'at least one name');
  const state = () => ({
    features: [...names, ...remove].map((name) => ({ name: featureName(name), state: featureState(call, name) })),
    capabilities: capabilities.map((name) => ({ name: capabilityName(name), state: capabilityState(windows, name) })),
  });
  const before = state();
  const isIn = (wanted: readonly string[], name: string) => wanted.some((one) => same(one, name));
  const missing = before.features.filter(({ name, state: now }) => isIn(names, name) && /Available|Removed/.test(now));
  const surplus = before.features.filter(({ name, state: now }) => isIn(remove, name) && /^Install/.test(now));
  const absent = before.capabilities.filter(({ state: now }) => now !== 'Installed');
  const changed = missing.length + surplus.length + absent.length > 0;
  if (changed && !call.test) {
    const fault = scenario.scenario.features?.fails;
    if (fault !== undefined) throw refused('Installing', fault);
    for (const { name, state: now } of missing) {
      // Windows Update, where features have their payload from, is not there in the lab.
      if (now === 'Removed' && call.parameters.source === undefined) throw refused(`Installing ${name}`, '0x800f081f');
      install(windows, name, scenario.scenario.features?.restarts ?? 1);
    }
    for (const { name } of surplus) windows.features.delete(name);
    for (const { name } of absent) {
      // Servicing lets nobody in who comes over the network.
      if (call.context === 'network') throw refused(`Adding ${name}`, '0x80070005');
      windows.settings.capabilities.set(name, 'Installed');
    }
  }
  const after = state();
  const pending = [...after.features].some(({ state: now }) => now.endsWith('Pending'));
  return {
    changed,
    before,
    after,
    rebootRequired: pending,
    evidence: [...missing, ...surplus, ...absent].map(({ name }) => name),
    installed: after.features.filter(({ state: now }) => now === 'Installed').map(({ name }) => name),
  };
};

function install(windows: Windows, name: string, restarts: number): void {
  windows.features.set(name, 'InstallPending');
  windows.settings.restartsLeft.set(name, FEATURES[name] === true ? restarts : 0);
  settleFeatures(windows, 0);
  if (windows.features.get(name) !== 'InstallPending') return;
  if (!windows.pendingReboot.includes(REBOOT_REASON)) windows.pendingReboot.push(REBOOT_REASON);
}

function featureState(call: ScriptCall, asked: string): string {
  const name = featureName(asked);
  const removed = call.scenario.scenario.features?.payloadRemoved ?? [];
  const absent = [...WITHOUT_PAYLOAD, ...removed].includes(name) ? 'Removed' : 'Available';
  return call.windows.features.get(name) ?? absent;
}

function capabilityState(windows: Windows, asked: string): string {
  const name = capabilityName(asked);
  return windows.settings.capabilities.get(name) ?? (name.startsWith('OpenSSH.Server') ? 'Installed' : 'NotPresent');
}

function featureName(asked: string): string {
  const found = Object.keys(FEATURES).find((name) => same(name, asked));
  if (found !== undefined) return found;
  throw new ScriptError(
    `ArgumentNotValid: The role, role service, or feature name is not valid: '${asked}'. The name was not found.`,
    { category: 'InvalidArgument', code: 'feature.unknown' },
  );
}

function capabilityName(asked: string): string {
  const found = CAPABILITIES.find((name) => same(name, asked));
  if (found !== undefined) return found;
  throw new ScriptError(`A Windows capability name was not recognized: ${asked}`, { code: 'capability.unknown' });
}

function refused(what: string, hresult: string): ScriptError {
  return new ScriptError(`${what}: The request to add or remove features failed. Error: ${hresult}`, {
    code: `servicing.${hresult}`,
  });
}

function list(call: ScriptCall, name: string): string[] {
  const value = call.parameters[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(name, 'a list of strings');
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
