import { setTimeout as delay } from 'node:timers/promises';
import type { LabContext } from '../context.ts';
import { AnswerFile } from './answer-file.ts';
import { CACHED_ANSWER_FILE, INGOT_FOLDER, SCRIPTS_FOLDER, SSH_FOLDER, SYSPREP_TAG_FILE } from './paths.ts';
import { SetupStop } from './setup-stop.ts';
import { line, linesOf, log, refusal, SETUPACT_FILE, SETUPERR_FILE } from './sysprep-logs.ts';
import { findingsOf } from './sysprep-state.ts';
import type { Windows } from './windows.ts';

/** How long Windows takes to shut down at most when nobody listens to its last word, or fetches the logs of a failure. */
const SHUTDOWN_MS = 3000;
const LOOK_MS = 20;
const SEALED = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE';
/** Where the Host Networking Service keeps its networks. */
const NETWORKS_FILE = 'C:/ProgramData/Microsoft/Windows/HNS/HNS.data';
const COLLECTED_FILE = `${INGOT_FOLDER}/collected`;
const ERRORS = [
  'SYSPRP Package Microsoft.MicrosoftEdge.Stable was installed for a user, but not provisioned for all users. [0x0f0073]',
];
/** Lines by which Sysprep gives up: nobody may call them harmless. */
const FATAL = /\[0x0f00(70|73|82|a8|ae|d8)\]/;

/** What the script hands to its task. */
export interface SysprepParameters {
  readonly run: string;
  /** Path of the answer file given to Sysprep. */
  readonly unattend: string;
  /** Parts of lines of setuperr.log that are no failure. */
  readonly harmless: readonly string[];
  /** Files and folders that are removed before Sysprep starts. */
  readonly remove: readonly string[];
  readonly asSystem: boolean;
}

export interface SysprepTask extends SysprepParameters {
  readonly windows: Windows;
  readonly publish: (verdict: Record<string, unknown>) => Promise<void>;
  readonly lab: Pick<LabContext, 'scenario' | 'witness'>;
  readonly signal: AbortSignal;
}

/** The scheduled task that runs Sysprep: tells its verdict over guestinfo. True: it then shuts Windows down. */
export async function runSysprepTask(task: SysprepTask): Promise<boolean> {
  const { windows, lab, signal } = task;
  const { files, sysprep } = windows;
  const { outcome, takes } = lab.scenario.scenario.sysprep ?? {};
  await task.publish({ state: 'running', message: 'Sysprep is running' });
  if (task.asSystem && /S-1-5-18/.test(files.read(`${SCRIPTS_FOLDER}/sysprep-task.ps1`)?.toString('latin1') ?? '')) {
    await tell(task, failure(windows, ['sysprep-task.ps1:1: Expected to run as Administrator, found SYSTEM.']));
    return true;
  }
  for (const path of task.remove) files.removeTree(path);
  files.removeFile(SYSPREP_TAG_FILE);
  const before = [linesOf(files, SETUPERR_FILE).length, linesOf(files, SETUPACT_FILE).length] as const;
  log(files, [], [line('SYSPRP ===          Beginning of a new sysprep run          ===', 'Info')]);
  if (takes !== undefined) await delay(takes, undefined, { signal });
  if (outcome === 'hangs') return false;
  if (outcome === 'fails-silently') {
    windows.imageState = 'IMAGE_STATE_UNDEPLOYABLE';
    sysprep.generalizationState = 3;
    return true;
  }
  sysprep.asSystem = task.asSystem;
  runSysprep(task);
  log(files, [], [line('[0x0f0052] SYSPRP Shutting down SysPrep log', 'Info')]);

  const tag = files.read(SYSPREP_TAG_FILE) !== undefined;
  const unknown = linesOf(files, SETUPERR_FILE)
    .slice(before[0])
    .filter((text) => FATAL.test(text) || !isHarmless(text, task.harmless));
  if (tag && windows.imageState === SEALED && unknown.length === 0) {
    files.removeTree(INGOT_FOLDER);
    files.removeFile(NETWORKS_FILE);
    removeHostKeys(windows);
    const exitCode = linesOf(files, SETUPERR_FILE).length > before[0] ? 16_001 : 0;
    await tell(task, { state: 'succeeded', imageState: SEALED, tag, armed: true, exitCode, errors: [] });
    return lab.scenario.scenario.sysprep?.neverOff !== true;
  }
  const problems = [
    ...(windows.imageState === SEALED ? [] : [`ImageState is not ${SEALED}`]),
    ...(tag ? [] : ['Sysprep_succeeded.tag is missing']),
    ...unknown,
    ...linesOf(files, SETUPACT_FILE)
      .slice(before[1])
      .filter((text) => / Error /.test(text))
      .slice(0, 3)
      .map((text) => `setupact.log: ${text}`),
  ];
  await tell(task, failure(windows, problems, tag));
  return true;
}

/** sysprep.exe: what it writes, and the state it leaves. */
function runSysprep(task: SysprepTask): void {
  const { windows, lab } = task;
  const { outcome, errors = [] } = lab.scenario.scenario.sysprep ?? {};
  const { files, sysprep } = windows;
  const told = errors.map((text) => (/, (Error|Info) /.test(text) ? text : line(text)));
  if (outcome === 'validation') {
    log(files, told); // nothing was changed yet
    return;
  }
  if (outcome === 'fails') {
    windows.imageState = 'IMAGE_STATE_UNDEPLOYABLE';
    sysprep.generalizationState = 3;
    log(files, told.length > 0 ? told : ERRORS.map((text) => line(text)));
    return;
  }
  const refused = refusal(windows, findingsOf(windows, lab.scenario, false)) ?? cacheAnswerFile(task);
  log(files, refused ?? told);
  if (refused !== undefined) return;
  files.makeFolder('C:/Windows/System32/Sysprep');
  files.write(SYSPREP_TAG_FILE, '');
  windows.imageState = outcome === 'wrong-state' ? 'IMAGE_STATE_UNDEPLOYABLE' : SEALED;
  if (outcome === 'wrong-state') return;
  windows.generalizations += 1;
  sysprep.rearms -= 1;
}

function isHarmless(text: string, harmless: readonly string[]): boolean {
  return harmless.some((part) => text.toLowerCase().includes(part.toLowerCase()));
}

/** sshd makes new ones when it starts and finds none. */
function removeHostKeys(windows: Windows): void {
  for (const entry of windows.files.list(SSH_FOLDER) ?? []) {
    if (/\/ssh_host_[^/]*$/i.test(entry.path)) windows.files.removeFile(entry.path);
  }
}

/**
 * Sysprep takes the answer file to Panther, for the next boot, and applies its generalize pass; specialize and oobeSystem
 * are looked at when the clone boots. Returns the lines of setuperr.log that say why it does not.
 */
function cacheAnswerFile({ windows, unattend }: SysprepTask): readonly string[] | undefined {
  const content = windows.files.read(unattend);
  const shown = unattend.replaceAll('/', '\\');
  if (content === undefined) return [line(`SYSPRP Cannot find the unattend file [${shown}]`)];
  let answer: AnswerFile;
  try {
    answer = AnswerFile.parse(content);
  } catch (error) {
    if (!(error instanceof SetupStop)) throw error;
    // Sysprep leaves Windows as it is.
    // The first line was read in a public log of Setup's; the others of this function are ours.
    const status = 'unable to deserialize it; status = 0x1, hrResult = 0x800705b9.';
    return [
      line(`[sysprep.exe] UnattendSearchExplicitPath: Found unattend file at [${shown}] but ${status}`),
      line(`SYSPRP ${error.message}`),
    ];
  }
  // The file copied onto itself: access denied.
  if (unattend.replaceAll('\\', '/').toLowerCase() === CACHED_ANSWER_FILE.toLowerCase()) {
    return [line('SYSPRP WinMain:Failed to cache the unattend file; hr = 0x80070005')];
  }
  windows.files.makeFolder('C:/Windows/Panther');
  windows.files.write(CACHED_ANSWER_FILE, content);
  try {
    answer.enter('generalize');
  } catch (error) {
    if (!(error instanceof SetupStop)) throw error;
    windows.imageState = 'IMAGE_STATE_UNDEPLOYABLE';
    return [line(`SYSPRP ${error.message}`)];
  }
  return undefined;
}

function failure(windows: Windows, errors: readonly string[], tag = false): Record<string, unknown> {
  return { state: 'failed', imageState: windows.imageState, tag, armed: false, exitCode: 1, errors };
}

/**
 * Publishes the verdict and shuts down once a client has heard it: on a real vCenter it is gone at power-off. After a failure
 * Windows stays up until somebody says that the logs are fetched.
 */
async function tell(task: SysprepTask, verdict: Record<string, unknown>): Promise<void> {
  const { files } = task.windows;
  const heard = task.lab.witness.heard(String(verdict.imageState), SHUTDOWN_MS);
  await task.publish(verdict);
  await heard;
  if (verdict.state !== 'failed') return;
  const deadline = Date.now() + SHUTDOWN_MS;
  while (files.get(COLLECTED_FILE) === undefined && Date.now() < deadline)
    await delay(LOOK_MS, undefined, { signal: task.signal });
}
