import type { LabContext } from '../context.ts';
import { INGOT_FOLDER, SYSPREP_TAG_FILE } from './paths.ts';
import { removeHostKeys } from './scripts/sysprep.ts';
import type { Windows } from './windows.ts';

/** How long Windows takes to shut down at most when nobody listens to its last word. */
const SHUTDOWN_MS = 3000;
const ERRORS = [
  'SYSPRP Package Microsoft.MicrosoftEdge.Stable was installed for a user, but not provisioned for all users. [0x0f0073]',
];

export interface SysprepTask {
  readonly windows: Windows;
  readonly run: string;
  readonly publish: (verdict: Record<string, unknown>) => Promise<void>;
  readonly lab: LabContext;
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
    await tell(task, {
      state: 'failed',
      imageState: windows.imageState,
      tag: false,
      exitCode: 1,
      errors: errors ?? ERRORS,
    });
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

/** Publishes the verdict and shuts down once a client has heard it: on a real vCenter it is gone at power-off. */
async function tell(task: SysprepTask, verdict: Record<string, unknown>): Promise<void> {
  const heard = task.lab.witness.heard(String(verdict.imageState), SHUTDOWN_MS);
  await task.publish(verdict);
  await heard;
}
