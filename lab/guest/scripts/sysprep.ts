import type { Json } from '../../../common/json.ts';
import { parseXml } from '../../xml.ts';
import { decodeXml } from '../answer-file.ts';
import { INGOT_FOLDER, SCRIPTS_FOLDER } from '../paths.ts';
import { findingsOf, type Obstacle, obstaclesOf, packageName } from '../sysprep-state.ts';
import { type ScriptCall, ScriptError, type ScriptModel, text } from './call.ts';

const TASK = 'ingot-sysprep';
const REASON = 'CBS\\RebootPending';

/** Looks for what is in Sysprep's way, removes the AppX packages that it may, and starts the task. */
export const sysprep: ScriptModel = (call) => {
  const { windows, tasks } = call;
  wantRestart(call);
  if (call.test) {
    const state = stateOf(call);
    return result(true, state, state);
  }
  const run = text(call, 'run');
  const unattend = text(call, 'unattend');
  const password = text(call, 'password');
  if (tasks.isRunning(TASK)) {
    const known: unknown = JSON.parse(windows.files.read(`${INGOT_FOLDER}/sysprep.json`)?.toString('utf8') ?? '{}');
    if (known === null || typeof known !== 'object' || !('run' in known) || known.run !== run)
      throw new ScriptError('Expected no other Sysprep, found another run at work.', { code: 'sysprep.other-run' });
    const state: State = { obstacles: [], warnings: [], packages: [], rearms: 0, started: true };
    return result(false, state, state, ['the run is at work already']);
  }
  if ((windows.files.read(`${SCRIPTS_FOLDER}/sysprep-task.ps1`)?.length ?? 0) === 0) {
    throw new ScriptError("The scheduled task's script sysprep-task.ps1 does not exist.", {
      category: 'ObjectNotFound',
    });
  }
  const before = stateOf(call);
  if (before.obstacles.length > 0) return result(false, before, before);
  const removed = before.packages;
  windows.sysprep.removed.push(...removed);
  windows.administratorPassword = password;
  windows.sysprep.passwords.task = password;
  const { minutes = null, mode = null } = call.parameters;
  const parameters = { run, unattend, harmless: list(call, 'harmless'), remove: list(call, 'remove') };
  windows.files.write(`${INGOT_FOLDER}/sysprep.json`, JSON.stringify({ ...parameters, minutes, mode }));
  // A task without an account of its own is SYSTEM's.
  const asSystem = /-UserId\s+'?(SYSTEM|S-1-5-18)|\/ru\s+SYSTEM/i.test(call.text);
  call.after(() => call.startSysprep({ ...parameters, asSystem }));
  return result(true, before, { ...before, packages: [], started: true }, removed);
};

interface State {
  readonly obstacles: readonly Obstacle[];
  readonly warnings: readonly string[];
  readonly packages: readonly string[];
  readonly rearms: number;
  readonly started: boolean;
}

function stateOf(call: ScriptCall): State {
  const { windows, scenario, parameters } = call;
  const found = findingsOf(windows, scenario, call.test);
  const names = list(call, 'removeAppx');
  const packages = found.packages ?? [];
  const kept = packages.filter((full) => parameters.removeAllAppx !== true && !names.includes(packageName(full)));
  const rearms = found.rearms ?? 0;
  return {
    obstacles: [
      ...answerFileObstacle(call),
      ...obstaclesOf(windows, found),
      ...kept.map((full) => ({
        code: 'sysprep.appx',
        message: `Expected no AppX package installed for a user but not provisioned for all, found ${full}.`,
      })),
    ],
    warnings: rearms === 1 ? ['this is the last activation rearm of this Windows'] : [],
    packages,
    rearms,
    started: false,
  };
}

/** The script looks at no more than this; what the file says is Sysprep's to judge. */
function answerFileObstacle({ parameters, windows }: ScriptCall): Obstacle[] {
  const path = parameters.unattend;
  if (typeof path !== 'string') return [];
  const content = windows.files.read(path);
  if (content === undefined)
    return [{ code: 'sysprep.unattend', message: `Expected the answer file ${path}, found none.` }];
  try {
    parseXml(decodeXml(content));
    return [];
  } catch {
    return [{ code: 'sysprep.unattend', message: `Expected XML in ${path}, found something else.` }];
  }
}

/** Something in Windows asks for a restart: once, or again after each. */
function wantRestart({ scenario, windows, test }: ScriptCall): void {
  const found = scenario.scenario.sysprep?.found;
  if (found?.pendingReboot === undefined || (found.at === 'clone' && test)) return;
  const wants = found.pendingReboot === 'stays' || scenario.strikes('sysprep pending reboot', 1);
  if (wants && !windows.pendingReboot.includes(REASON)) windows.pendingReboot.push(REASON);
}

function list({ parameters }: ScriptCall, name: string): string[] {
  const value = parameters[name];
  return Array.isArray(value) ? value.map(String) : [];
}

function result(changed: boolean, before: State, after: State, evidence: readonly string[] = []): Json {
  const plain = (state: State) => ({ ...state, obstacles: state.obstacles.map((each) => ({ ...each })) });
  const rebootRequired = after.obstacles.some(({ code }) => code === 'sysprep.pending-reboot');
  return { changed, before: plain(before), after: plain(after), rebootRequired, evidence };
}
