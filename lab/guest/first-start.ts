import type { CloneFault } from '../scenario.ts';
import { AnswerFile } from './answer-file.ts';
import { oobe, specialize } from './oobe.ts';
import { CACHED_ANSWER_FILE, HNS_FILE, HOST_KEY_FILE, INGOT_FOLDER, SSH_FOLDER } from './paths.ts';
import { SetupStop } from './setup-stop.ts';
import type { Windows } from './windows.ts';

/** What stands in a cached answer file in the place of a password whose pass is over. */
const DELETED = '*SENSITIVE*DATA*DELETED*';

/**
 * The first start of a sealed disk, up to OOBE: the specialize pass of the answer file that Sysprep kept. ImageState goes as
 * documented ("Windows Setup States"): undeployable while a pass runs, then what comes next. Throws SetupStop.
 */
export function startSpecialize(windows: Windows, fault: CloneFault | undefined): AnswerFile | undefined {
  // Nothing is drawn: what a Sysprep that ran as SYSTEM makes of 2025.
  if (fault?.black || windows.sysprep.asSystem) throw new SetupStop(' ');
  windows.administratorPassword = '';
  windows.imageState = 'IMAGE_STATE_UNDEPLOYABLE';
  const content = windows.files.read(CACHED_ANSWER_FILE);
  const answer = content === undefined ? undefined : AnswerFile.parse(content);
  const { computerName, lastHostKey: old, files } = windows;
  specialize(windows, answer);
  if (fault?.computerName === 'kept') windows.computerName = computerName;
  if (fault?.hostKeys === 'kept' && old !== undefined) {
    files.makeFolder(SSH_FOLDER);
    files.write(HOST_KEY_FILE, old.privateKey);
    files.write(`${HOST_KEY_FILE}.pub`, old.publicKey);
  }
  if (fault?.hns === 'left') {
    files.makeFolder(HNS_FILE.replace(/\/[^/]*$/, ''));
    files.write(HNS_FILE, 'networks of the master');
  }
  if (fault?.rules === 'gone') windows.firewall = [];
  // What lies there now came with the image.
  windows.carried = [...(files.list(INGOT_FOLDER) ?? []), files.get(HNS_FILE)].flatMap((entry) => entry?.path ?? []);
  windows.imageState = 'IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE';
  return answer;
}

/** OOBE, and its end. Throws SetupStop: a page waits for somebody, with Windows running behind it. */
export function startOobe(windows: Windows, answer: AnswerFile | undefined, fault: CloneFault | undefined): void {
  if (fault?.stuckAt !== undefined) throw new SetupStop(fault.stuckAt);
  oobe(windows, answer);
  if (fault?.oobe === 'never-ends') windows.imageState = 'IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE';
  const content = windows.files.read(CACHED_ANSWER_FILE)?.toString('utf8');
  if (content === undefined || fault?.password === 'left') return;
  const clean = content.replace(/(<\w*Password>(?:(?!<\/).)*?<Value>)[^<]*/gs, `$1${DELETED}`);
  windows.files.write(CACHED_ANSWER_FILE, clean);
}

/** Services of a clone that are not as they were in the master. */
export function spoilServices(windows: Windows, fault: CloneFault | undefined): void {
  const set = (name: string, how: 'Stopped' | 'Manual' | undefined) => {
    const service = windows.services.get(name);
    if (service === undefined || how === undefined) return;
    service.status = 'Stopped';
    if (how === 'Manual') service.startType = 'Manual';
  };
  set('sshd', fault?.sshd);
  set('VMTools', fault?.tools);
  for (const runtime of ['docker', 'containerd']) set(runtime, fault?.runtime === 'Stopped' ? 'Stopped' : undefined);
}
