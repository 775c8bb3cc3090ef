import type { LabContext } from '../context.ts';
import { AnswerFile } from './answer-file.ts';
import { CACHED_ANSWER_FILE, INGOT_FOLDER, SYSPREP_TAG_FILE } from './paths.ts';
import { removeHostKeys } from './scripts/sysprep.ts';
import { SetupStop } from './setup-stop.ts';
import type { Windows } from './windows.ts';

/** How long Windows takes to shut down at most when nobody listens to its last word. */
const SHUTDOWN_MS = 3000;
const ERRORS = [
  'SYSPRP Package Microsoft.MicrosoftEdge.Stable was installed for a user, but not provisioned for all users. [0x0f0073]',
];

export interface SysprepTask {
  readonly windows: Windows;
  readonly run: string;
  /** Path of the answer file given to Sysprep. */
  readonly unattend: string;
  readonly publish: (verdict: Record<string, unknown>) => Promise<void>;
  readonly lab: Pick<LabContext, 'scenario' | 'witness'>;
  readonly signal: AbortSignal;
}

/** The scheduled task that runs Sysprep: tells its verdict over guestinfo. True: it then shuts Windows down. */
export async function runSysprepTask(task: SysprepTask): Promise<boolean> {
  const { windows, lab } = task;
  const { outcome, errors } = lab.scenario.scenario.sysprep ?? {};
  await task.publish({ state: 'running', message: 'Sysprep is running' });
  if (outcome === 'hangs') return false;
  if (outcome === 'fails-silently') {
    windows.imageState = 'IMAGE_STATE_UNDEPLOYABLE';
    return true;
  }
  if (outcome === 'fails') {
    windows.imageState = 'IMAGE_STATE_UNDEPLOYABLE';
    await tell(task, failure(windows, errors ?? ERRORS));
    return true;
  }
  const refused = cacheAnswerFile(task);
  if (refused !== undefined) {
    await tell(task, failure(windows, refused));
    return true;
  }
  windows.files.makeFolder('C:/Windows/System32/Sysprep');
  windows.files.write(SYSPREP_TAG_FILE, '');
  windows.files.removeTree(INGOT_FOLDER);
  removeHostKeys(windows);
  windows.imageState = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE';
  windows.generalizations += 1;
  await tell(task, { state: 'succeeded', imageState: windows.imageState, tag: true, exitCode: 0, errors: [] });
  return true;
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

/** A line as setupact.log and setuperr.log have them. */
function line(text: string): string {
  return `${new Date().toISOString().slice(0, 19).replace('T', ' ')}, Error      ${text}`;
}

function failure(windows: Windows, errors: readonly string[]): Record<string, unknown> {
  return { state: 'failed', imageState: windows.imageState, tag: false, exitCode: 1, errors };
}

/** Publishes the verdict and shuts down once a client has heard it: on a real vCenter it is gone at power-off. */
async function tell(task: SysprepTask, verdict: Record<string, unknown>): Promise<void> {
  const heard = task.lab.witness.heard(String(verdict.imageState), SHUTDOWN_MS);
  await task.publish(verdict);
  await heard;
}
