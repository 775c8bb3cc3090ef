import { parseXml } from '../../xml.ts';
import { decodeXml } from '../answer-file.ts';
import { SCRIPTS_FOLDER, SSH_FOLDER } from '../paths.ts';
import type { Windows } from '../windows.ts';
import { ScriptError, type ScriptModel, text } from './call.ts';

const TASK = 'ingot-sysprep';

export const sysprep: ScriptModel = (call) => {
  const { windows } = call;
  const run = text(call, 'run');
  const path = text(call, 'unattend');
  const password = text(call, 'password');
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
  checkXml(answer);
  const task = windows.files.read(`${SCRIPTS_FOLDER}/sysprep-task.ps1`);
  if (task === undefined || task.length === 0) {
    throw new ScriptError("The scheduled task's script sysprep-task.ps1 does not exist.", {
      category: 'ObjectNotFound',
    });
  }
  // The task runs as Administrator with this password.
  windows.administratorPassword = password;
  removeHostKeys(windows);
  call.after(() => call.startSysprep(run, path));
  return { started: true, task: TASK };
};

/** sshd makes new ones when it starts and finds none. */
export function removeHostKeys(windows: Windows): void {
  for (const entry of windows.files.list(SSH_FOLDER) ?? []) {
    if (/\/ssh_host_[^/]*$/i.test(entry.path)) windows.files.removeFile(entry.path);
  }
}

/** The script looks at no more than this; what the file says is Sysprep's to judge. */
function checkXml(content: Buffer): void {
  try {
    parseXml(decodeXml(content));
  } catch {
    throw new ScriptError('Expected XML in the answer file.', { category: 'ParserError', code: 'sysprep.unattend' });
  }
}
