import type { ScenarioUpdate } from '../../scenario.ts';
import { type ScriptModel, texts, whole } from './call.ts';

const SUCCEEDED = 2;

/** One round of Windows Update, with what the scenario has left to offer. */
export const windowsUpdates: ScriptModel = (call) => {
  texts(call, 'categories');
  const exclude = texts(call, 'exclude').map((kb) => kb.toUpperCase());
  const maximum = whole(call, 'maximum');
  const { windows } = call;
  const round = call.scenario.scenario.updates?.rounds[windows.updateRounds] ?? [];
  const offered = round.filter(
    (update) => !exclude.includes(update.kb.toUpperCase()) && !windows.updates.some((done) => done.kb === update.kb),
  );
  // The agent installs nothing while a restart is due (0x80240016).
  if (windows.pendingReboot.length > 0) return { found: offered.length, installed: [], rebootRequired: true };
  const chosen = offered.slice(0, maximum);
  let rebootRequired = false;
  chosen.forEach((update, index) => {
    call.progress(`Installing ${update.title}`, index + 1, chosen.length);
    if (code(update) !== SUCCEEDED) return;
    windows.updates.push({ kb: update.kb, title: update.title });
    rebootRequired ||= update.reboot ?? false;
  });
  windows.updateRounds += 1;
  if (rebootRequired) windows.pendingReboot.push('Windows Update');
  return {
    found: offered.length,
    installed: chosen.map((update) => ({
      kb: update.kb,
      title: update.title,
      resultCode: code(update),
      hresult: `0x${((update.hresult ?? 0) >>> 0).toString(16).toUpperCase().padStart(8, '0')}`,
    })),
    rebootRequired,
  };
};

function code(update: ScenarioUpdate): number {
  return update.resultCode ?? SUCCEEDED;
}
