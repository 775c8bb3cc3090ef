import { invalid, type ScriptCall, ScriptError, type ScriptModel } from './call.ts';

const KINDS = ['paths', 'processes', 'extensions'] as const;
type Kind = (typeof KINDS)[number];

/** Microsoft Defender: with tamper protection it takes changes without a word and does not make them. */
export const defender: ScriptModel = (call) => {
  const { windows, scenario, test } = call;
  const fault = scenario.scenario.defender;
  const { exclusions } = windows.settings;
  const running = !fault?.absent && windows.services.get('WinDefend')?.status === 'Running';
  const state = () => ({
    present: !fault?.absent,
    running,
    tamperProtected: fault?.tamperProtected ?? false,
    hidden: fault?.hidden ?? false,
    paths: running ? [...exclusions.paths].sort() : [],
    processes: running ? [...exclusions.processes].sort() : [],
    extensions: running ? [...exclusions.extensions].sort() : [],
  });
  if (running && fault?.hidden) {
    throw new ScriptError('N/A: Administrators are not allowed to view exclusions', { code: 'defender.hidden' });
  }
  const before = state();
  let changed = false;
  for (const kind of running ? KINDS : []) {
    const has = (one: string) => exclusions[kind].some((other) => other.toLowerCase() === one.toLowerCase());
    const add = wanted(call, 'present', kind).filter((one) => !has(one));
    const drop = wanted(call, 'absent', kind).filter(has);
    changed ||= add.length + drop.length > 0;
    if (test || fault?.tamperProtected) continue;
    const gone = new Set(drop.map((one) => one.toLowerCase()));
    exclusions[kind] = [...exclusions[kind].filter((one) => !gone.has(one.toLowerCase())), ...add];
  }
  return { changed, before, after: state(), rebootRequired: false, evidence: [] };
};

function wanted(call: ScriptCall, list: 'present' | 'absent', kind: Kind): string[] {
  const given = call.parameters[list];
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') throw invalid(list, 'an object');
  const value: unknown = new Map<string, unknown>(Object.entries(given)).get(kind) ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(kind, 'a list of strings');
}
