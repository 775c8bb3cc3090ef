import type { ScenarioState } from '../../scenario.ts';
import { isIngotFolderPrivate, makeIngotFolder } from '../own-folder.ts';
import { SCRIPTS_FOLDER } from '../paths.ts';
import type { Windows } from '../windows.ts';
import { ScriptError, type ScriptModel } from './call.ts';

export const state: ScriptModel = ({ windows, bootTime, scenario }) => ({
  bootTime: bootTime.toISOString(),
  uptimeSeconds: Math.max(0, Math.floor((Date.now() - bootTime.getTime()) / 1000)),
  computerName: windows.computerName,
  osBuild: windows.build,
  pendingReboot: pendingReboots(windows, scenario),
  notes: scenario.scenario.servicing?.renames
    ? ['PendingFileRenameOperations: 2 entries, the first \\??\\C:\\Windows\\Temp\\x']
    : [],
  imageState: windows.imageState,
  privateFolder: isIngotFolderPrivate(windows),
});

/** Waits for the end of a restart: it is there at once, or never. */
export const settle: ScriptModel = ({ parameters, bootTime, scenario }) => {
  const settled = parameters.previousBootTime !== bootTime.toISOString();
  const servicing = scenario.scenario.servicing?.busy ? 2 : 0;
  if (settled && servicing === 2) {
    const message = `Expected Windows to be through with its start within ${parameters.seconds} s, found it waiting for servicing to be idle`;
    throw new ScriptError(message, { code: 'guest.servicing-busy' });
  }
  return { settled, bootTime: bootTime.toISOString(), servicing, logonChecked: true };
};

export const scriptsFolder: ScriptModel = ({ windows, test }) => {
  const before = { private: isIngotFolderPrivate(windows) };
  if (before.private || test)
    return { changed: !before.private, before, after: before, rebootRequired: false, evidence: [] };
  windows.files.removeTree(SCRIPTS_FOLDER);
  makeIngotFolder(windows);
  windows.files.makeFolder(SCRIPTS_FOLDER);
  return { changed: true, before, after: { private: true }, rebootRequired: false, evidence: [] };
};

/** Why Windows wants a restart. */
export function pendingReboots(windows: Windows, { scenario }: ScenarioState): string[] {
  const { pending } = scenario.servicing ?? {};
  return pending === undefined ? windows.pendingReboot : [...windows.pendingReboot, pending];
}

export const restart: ScriptModel = (call) => {
  call.after(call.restart);
  return { scheduled: true, bootTime: call.bootTime.toISOString() };
};
