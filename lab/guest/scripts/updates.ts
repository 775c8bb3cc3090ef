import type { ScenarioUpdate } from '../../scenario.ts';
import { type ScriptCall, ScriptError, type ScriptModel, text, texts, whole } from './call.ts';
import { pendingReboots } from './state.ts';

const SUCCEEDED = 2;
const REASON = 'WindowsUpdate\\RebootRequired';
const SOURCES = ['windows-update', 'microsoft-update', 'wsus'];

/** One round of Windows Update, with what the scenario has left to offer. */
export const windowsUpdates: ScriptModel = (call) => {
  // Network logons get neither downloader nor installer, on 2025 not even a search.
  if (call.context === 'network') {
    throw new ScriptError('Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED))', {
      category: 'PermissionDenied',
    });
  }
  const { windows, scenario } = call;
  const source = text(call, 'source');
  if (!SOURCES.includes(source)) throw new ScriptError(`Expected a source of updates, found ${source}.`);
  if (source === 'wsus') text(call, 'server');
  texts(call, 'categoryIds');
  const faults = scenario.scenario.updates;
  const before = [...windows.updateHistory];
  const problem = problemOf(call, source);
  const offered = problem === undefined ? offers(call) : [];
  const due = pendingReboots(windows, scenario).length > 0;
  const include = texts(call, 'include');
  const known = new Set([...offered, ...windows.updates].map(({ kb }) => kb));
  const results =
    due || call.test
      ? []
      : offered.slice(0, whole(call, 'maximum')).map((update, index, all) => {
          call.progress(`Installing ${update.title}`, index, all.length);
          return install(call, update);
        });
  if (!due && !call.test && problem === undefined) windows.updateRounds += 1;
  const pending = pendingReboots(windows, scenario).length > 0;
  return {
    changed: results.length > 0,
    before: { history: before },
    after: { history: [...windows.updateHistory] },
    rebootRequired: pending,
    evidence: [],
    found: offered.length,
    missing: problem === undefined ? include.filter((kb) => !known.has(kb)) : [],
    problem: problem ?? null,
    restored: offered.length === 0 && !pending && problem === undefined && faults !== undefined,
    results,
    skipped: [],
  };
};

/** Why Windows Update answers with a code, by the scenario. */
function problemOf({ scenario }: ScriptCall, source: string): { stage: string; hresult: string } | undefined {
  const { metadata, search, wsus, busy } = scenario.scenario.updates ?? {};
  if (metadata === 'broken' || (metadata === 'once' && scenario.strikes('updates metadata', 1)))
    return { stage: 'metadata', hresult: '0x8002802B' };
  if (busy) return { stage: 'busy', hresult: '0x80240016' };
  if (search !== undefined) return { stage: 'search', hresult: search };
  // Its name is not known to the DNS of the build network.
  if (wsus === 'unreachable' && source === 'wsus') return { stage: 'search', hresult: '0x8024402C' };
  return undefined;
}

/** What is not installed: that of this round, and what an earlier one has lost again. */
function offers(call: ScriptCall): ScenarioUpdate[] {
  const { windows, scenario } = call;
  const include = texts(call, 'include');
  const exclude = texts(call, 'exclude');
  const rounds = scenario.scenario.updates?.rounds ?? [];
  const lost = rounds
    .slice(0, windows.updateRounds)
    .flat()
    .filter((update) => update.rollsBack);
  return [...(rounds[windows.updateRounds] ?? []), ...lost].filter(
    ({ kb }) =>
      !exclude.includes(kb) &&
      (include.length === 0 || include.includes(kb)) &&
      !windows.updates.some((done) => done.kb === kb),
  );
}

function install({ windows }: ScriptCall, update: ScenarioUpdate) {
  const resultCode = update.resultCode ?? SUCCEEDED;
  const id = `${update.kb.toLowerCase()}.200`;
  const again = windows.updateHistory.some((entry) => entry.id === id && entry.resultCode === SUCCEEDED);
  const entry = {
    id,
    kb: update.kb,
    title: update.title,
    resultCode,
    hresult: `0x${((update.hresult ?? 0) >>> 0).toString(16).toUpperCase().padStart(8, '0')}`,
  };
  windows.updateHistory.push(entry);
  if (resultCode === SUCCEEDED && !update.rollsBack) windows.updates.push({ kb: update.kb, title: update.title });
  if (resultCode === SUCCEEDED && (update.reboot || update.rollsBack)) windows.pendingReboot.push(REASON);
  return { ...entry, stage: 'install', again };
}
