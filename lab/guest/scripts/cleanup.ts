import type { Windows } from '../windows.ts';
import { invalid, type ScriptCall, ScriptError, type ScriptModel } from './call.ts';

const DISK = 48 * 2 ** 30;
/** What only `/ResetBase` drops. */
const BASE = 300 * 2 ** 20;
const FOLDERS = [
  'C:/Windows/Temp',
  'C:/Users/Administrator/AppData/Local/Temp',
  'C:/Windows/SoftwareDistribution/Download',
];
const PENDING = 'CBS\\RebootPending';

export const cleanup: ScriptModel = (call) => {
  const { windows, scenario, test } = call;
  const store = call.parameters.componentStore;
  if (store !== 'cleanup' && store !== 'reset-base' && store !== 'none') throw invalid('componentStore', 'a choice');
  for (const name of ['eventLogs', 'retrim']) {
    if (typeof call.parameters[name] !== 'boolean') throw invalid(name, 'true or false');
  }
  const before = stateOf(windows);
  if (test) return { changed: before.places.length > 0, before, after: before, rebootRequired: false, evidence: [] };
  for (const folder of FOLDERS) {
    for (const entry of windows.files.list(folder) ?? []) windows.files.removeTree(entry.path);
  }
  const evidence = [`files: ${stateOf(windows).freeBytes - before.freeBytes} bytes freed`];
  if (scenario.strikes('cleanup pending', scenario.scenario.componentStore?.pending)) {
    windows.pendingReboot.push(PENDING);
  }
  const rebootRequired = store !== 'none' && clean(call, store === 'reset-base', evidence);
  if (call.parameters.eventLogs === true) evidence.push('event logs: 7 emptied');
  if (call.parameters.retrim === true && !rebootRequired) evidence.push('disk: trimmed');
  return { changed: true, before, after: stateOf(windows), rebootRequired, evidence };
};

/** DISM: refused over the network, and while a restart is due. Returns whether one is. */
function clean({ windows, scenario, context }: ScriptCall, resetBase: boolean, evidence: string[]): boolean {
  if (windows.pendingReboot.length > 0) {
    evidence.push('component store: a restart is pending');
    return true;
  }
  const fault = context === 'network' ? '0x80070005' : scenario.scenario.componentStore?.fails;
  if (fault !== undefined) throw new ScriptError(`dism.exe ended with ${fault}.`, { code: `servicing.${fault}` });
  const left = resetBase ? 0 : Math.min(BASE, windows.settings.superseded);
  evidence.push(`component store: ${windows.settings.superseded - left} bytes freed`);
  windows.settings.superseded = left;
  return false;
}

function stateOf({ files, settings, pendingReboot }: Windows) {
  const sizeOf = (path: string): number => {
    const entry = files.get(path);
    if (entry === undefined) return 0;
    const children = entry.folder ? (files.list(path) ?? []) : [];
    return entry.content.length + children.reduce((sum, child) => sum + sizeOf(child.path), 0);
  };
  const places = FOLDERS.map((path) => ({ folder: path.replaceAll('/', '\\'), filter: '*', bytes: sizeOf(path) }));
  const used = places.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    freeBytes: DISK - settings.superseded - used,
    places: places.filter(({ folder }) => (files.list(folder) ?? []).length > 0),
    pendingReboot: [...pendingReboot],
  };
}
