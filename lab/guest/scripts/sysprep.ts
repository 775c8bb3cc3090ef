import { AnswerFile, SetupStop } from '../answer-file.ts';
import { CACHED_ANSWER_FILE, SCRIPTS_FOLDER, SSH_FOLDER } from '../paths.ts';
import type { Windows } from '../windows.ts';
import { ScriptError, type ScriptModel, text } from './call.ts';

const TASK = 'ingot-sysprep';

export const sysprep: ScriptModel = (call) => {
  const { windows } = call;
  const run = text(call, 'run');
  const path = text(call, 'unattend');
  text(call, 'password');
  if (windows.pendingReboot.length > 0) {
    throw new ScriptError(`A restart is pending: ${windows.pendingReboot.join(', ')}.`, {
      code: 'sysprep.pending-reboot',
    });
  }
  const answer = windows.files.read(path);
  if (answer === undefined) {
    throw new ScriptError(`Cannot find path '${path}' because it does not exist.`, {
      category: 'ObjectNotFound',
      code: 'sysprep.unattend',
    });
  }
  checkAnswerFile(answer.toString('utf8'));
  const task = windows.files.read(`${SCRIPTS_FOLDER}/sysprep-task.ps1`);
  if (task === undefined || task.length === 0) {
    throw new ScriptError("The scheduled task's script sysprep-task.ps1 does not exist.", {
      category: 'ObjectNotFound',
    });
  }
  windows.files.makeFolder('C:/Windows/Panther');
  windows.files.write(CACHED_ANSWER_FILE, answer);
  removeHostKeys(windows);
  call.after(() => call.startSysprep(run));
  return { started: true, task: TASK };
};

/** sshd makes new ones when it starts and finds none. */
export function removeHostKeys(windows: Windows): void {
  for (const entry of windows.files.list(SSH_FOLDER) ?? []) {
    if (/\/ssh_host_[^/]*$/i.test(entry.path)) windows.files.removeFile(entry.path);
  }
}

function checkAnswerFile(content: string): void {
  try {
    const answer = AnswerFile.parse(content);
    for (const pass of ['specialize', 'oobeSystem']) {
      if (answer.component(pass, 'Microsoft-Windows-Shell-Setup') === undefined) {
        throw new SetupStop(`the answer file has no Microsoft-Windows-Shell-Setup in pass ${pass}`);
      }
    }
  } catch (error) {
    if (!(error instanceof SetupStop)) throw error;
    throw new ScriptError(`Sysprep could not parse the unattend answer file: ${error.message}`, {
      category: 'ParserError',
      code: 'sysprep.unattend',
    });
  }
}
