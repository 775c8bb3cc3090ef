import type { Guest } from '../../guest/guest.ts';
import type { Machine } from '../../machines.ts';
import { type Moref, reference } from '../../vcsim/soap.ts';
import { all, at, leaf, node, textAt, type XmlElement } from '../../xml.ts';
import { answer, type Call, forward, forwardTask, type Interceptor, localized, type ProxyContext } from '../call.ts';
import type { Answer } from '../upstream.ts';

/** How long vCenter leaves the question open before the task fails. */
const QUESTION_MS = 4 * 60_000;
const TEXT =
  'msg.cdromdisconnect.locked:The guest operating system has locked the CD-ROM door and is probably using the CD-ROM, which can prevent the guest from recognizing media changes. Disconnect anyway and override the lock?';
const YES = '0';
const NO = '1';

/** A question that hangs a task. */
export interface Question {
  readonly id: string;
  readonly answer: (choice: string) => void;
}

let last = 0;

/** Whether a specification takes a disc from a running guest that holds it. */
export function takesHeldDisc(spec: XmlElement | undefined, guest: Guest): boolean {
  const held = guest.heldCdroms;
  return all(spec, 'deviceChange').some((change) => {
    const device = at(change, 'device');
    if (device?.type !== 'VirtualCdrom' || !held.has(Number(textAt(device, 'key')))) return false;
    if (textAt(change, 'operation') === 'remove') return true;
    const file = textAt(device, 'backing', 'fileName');
    return file !== held.get(Number(textAt(device, 'key'))) || textAt(device, 'connectable', 'connected') === 'false';
  });
}

/**
 * Taking a disc that the guest holds: the task hangs on `runtime.question` until AnswerVM, and fails after four minutes
 * (msg.cdromdisconnect.locked). With `msg.autoAnswer` = TRUE or `cdrom.showIsoLockWarning` = FALSE nobody is asked.
 */
export async function askForDisc(call: Call, lab: ProxyContext, machine: Machine): Promise<Answer> {
  const { 'config.extraConfig': options } = await lab.vcsim.properties(call.self, 'config.extraConfig');
  const option = (key: string) =>
    textAt(
      all(options, 'OptionValue').find((value) => textAt(value, 'key')?.toLowerCase() === key.toLowerCase()),
      'value',
    )?.toUpperCase();
  if (option('msg.autoAnswer') === 'TRUE' || option('cdrom.showIsoLockWarning') === 'FALSE') return forward(call, lab);
  const task = await lab.vcsim.createTask(call.self);
  last += 1;
  const id = String(last);
  const { promise, resolve } = Promise.withResolvers<string>();
  machine.question = { id, answer: resolve };
  await lab.vcsim.reconfigure(call.self, setQuestion(question(id)));
  const timer = setTimeout(() => resolve(NO), QUESTION_MS);
  timer.unref();
  const settle = async () => {
    const choice = await promise;
    clearTimeout(timer);
    machine.question = undefined;
    await lab.vcsim.reconfigure(call.self, setQuestion(''));
    await finish(call, lab, machine, task, choice);
  };
  settle().catch((error: unknown) => lab.log(`proxy: the question of ${call.self.value}: ${String(error)}`));
  return answer(call.method, reference('returnval', task));
}

async function finish(call: Call, lab: ProxyContext, machine: Machine, task: Moref, choice: string): Promise<void> {
  if (choice === YES) {
    await forwardTask(call, lab);
    await machine.guest?.hardwareChanged();
    await lab.vcsim.endTask(task, {});
  } else {
    await lab.vcsim.endTask(task, {
      fault: localized(
        'GenericVmConfigFault',
        'msg.disk.onlineConnectFail',
        leaf('reason', 'Connection control operation failed.'),
      ),
    });
  }
}

/** AnswerVM: "0" disconnects anyway, any other choice leaves the disc. */
export const answerVm: Interceptor = async (call, lab) => {
  const { question } = lab.machines.of(call.self);
  if (question === undefined || textAt(call.body, 'questionId') !== question.id) return forward(call, lab);
  question.answer(textAt(call.body, 'answerChoice') ?? NO);
  return answer(call.method);
};

function question(id: string): string {
  const choice = (key: string, label: string) =>
    node('choiceInfo', leaf('label', label) + leaf('summary', label) + leaf('key', key), 'ElementDescription');
  const choices = node('choice', choice(YES, 'Yes') + choice(NO, 'No') + leaf('defaultIndex', 1));
  return (
    leaf('id', id) +
    leaf('text', TEXT) +
    choices +
    node('message', leaf('id', 'msg.cdromdisconnect.locked') + leaf('text', TEXT))
  );
}

/** Sets or, with no markup, clears runtime.question. */
function setQuestion(inner: string): string {
  const value = inner === '' ? '' : `<value xsi:type="VirtualMachineQuestionInfo">${inner}</value>`;
  return `<extraConfig xsi:type="OptionValue">${leaf('key', 'SET.runtime.question')}${value}</extraConfig>`;
}
