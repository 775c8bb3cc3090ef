import { IngotError } from '../common/failure.ts';
import type { VsphereEvent } from './events.ts';
import { faultError, faultOf, isFault } from './fault.ts';
import { findLostTask } from './lost-task.ts';
import { readMixed } from './properties.ts';
import type { Session } from './session.ts';
import type { Params, Target } from './soap.ts';
import type { Ref } from './values.ts';
import { isRef, refText } from './values.ts';
import type { Methods, TaskInfo, VirtualMachineQuestionInfo } from './vim25.gen.ts';
import type { Watched, Watcher } from './watch.ts';

export type TaskMethod = { [M in keyof Methods]: Methods[M] extends { result: unknown } ? M : never }[keyof Methods];
/** What a method's task results in. */
export type TaskResult<M extends TaskMethod> = Methods[M]['result'];

export interface TaskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the task is given up (it goes on in vCenter); default 30 minutes. */
  readonly deadlineMs?: number | undefined;
  /** What the task does, for errors; default its method and object. */
  readonly what?: string | undefined;
  /** The VM whose question could hang the task; default the VM it is called on. */
  readonly vm?: Ref<'VirtualMachine'> | undefined;
  /** Percent, as vCenter reports it. */
  readonly onProgress?: ((percent: number) => void) | undefined;
  /** The key of the choice that answers a question of the VM's. Undefined: the question is the task's error. */
  readonly answer?: ((question: VirtualMachineQuestionInfo) => string | undefined) | undefined;
  /**
   * Whether a task that was found after a lost answer is ours, by its result: on an object that others work with, too
   * (a folder), its name and its time do not tell.
   */
  readonly isOurs?: ((result: unknown) => Promise<boolean>) | undefined;
}

/** What tasks need of a connection. */
export interface TaskContext {
  readonly session: Session;
  readonly watcher: Watcher;
  readonly onEvent: (event: VsphereEvent) => void;
}

const DEFAULT_DEADLINE_MS = 30 * 60_000;

/**
 * Starts a task, waits for its end and returns its result. A lost answer is not sent again: the task is looked for.
 * TaskInProgress is waited for, then the call made again.
 *
 * Throws VsphereFault with the task's fault, `vsphere.question`, `vsphere.deadline`, `vsphere.lost-answer` (no task was
 * found: nothing was started), and what `Session.call` throws.
 */
export async function runTask<M extends TaskMethod>(
  context: TaskContext,
  method: M,
  target: Target<M>,
  params: Params<M>,
  options: TaskOptions = {},
): Promise<TaskResult<M>> {
  const started = Date.now();
  const vm = options.vm ?? (isVm(target) ? target : undefined);
  const filled = { ...options, what: options.what ?? `${method} on ${refText(target)}`, vm };
  for (;;) {
    try {
      const { task, lost } = await startTask(context, method, target, params, started, filled.signal);
      // Methods[M]['result'] is what the API's documentation says the task of M gives.
      const result = (await waitForTask(context, task, filled)) as TaskResult<M>;
      if (lost !== undefined && options.isOurs !== undefined && !(await options.isOurs(result))) throw lost;
      return result;
    } catch (error) {
      const busy = isFault(error, 'TaskInProgress') ? faultOf(error)?.details.task : undefined;
      if (!isRef(busy) || Date.now() - started > (options.deadlineMs ?? DEFAULT_DEADLINE_MS)) throw error;
      // How the other task ends is its own affair.
      await waitForTask(context, { type: 'Task', value: busy.value }, { ...filled, what: 'another task' }).catch(
        (other: unknown) => {
          if (!isFault(other, 'MethodFault')) throw other;
        },
      );
    }
  }
}

/**
 * Waits for a task that was started. One that has ended when we look costs one request. Returns its result (undefined
 * if it has none). An abort cancels the task if that is possible.
 */
export async function waitForTask(
  context: TaskContext,
  task: Ref<'Task'>,
  options: TaskOptions = {},
): Promise<unknown> {
  const { signal, vm, what = refText(task), deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const asked = new Set<string>();
  let info: TaskInfo | undefined;
  const look = (taskValues: Watched<'Task'> | undefined, vmValues: Watched<'VirtualMachine'> | undefined) => {
    info = taskValues?.info ?? info;
    const ended = info && endOf(info, what);
    if (ended) return ended;
    if (info?.progress !== undefined) options.onProgress?.(info.progress);
    const question = vmValues?.['runtime.question'];
    if (vm && question && !asked.has(question.id)) {
      asked.add(question.id);
      handleQuestion(context, vm, question, what, options);
    }
    return undefined;
  };
  try {
    const objects = vm ? [task, vm] : [task];
    const first = await readMixed(
      context.session,
      // The VM first: while it is locked by the task its read takes as long, and then finds the task ended.
      [...(vm ? [{ object: vm, paths: ['runtime.question'] }] : []), { object: task, paths: ['info'] }],
      { signal },
    );
    const atOnce = look(first.get(refText(task)), vm && first.get(refText(vm)));
    const ended =
      atOnce ??
      (await context.watcher.watchAll(objects, (at) => look(at(task), vm && at(vm)), {
        signal,
        deadlineMs,
        what: `the end of ${what}`,
        // Destroy_Task takes its VM away.
        mayVanish: vm && [vm],
      }));
    return ended.result;
  } catch (error) {
    if (signal?.aborted && info?.cancelable) cancel(context, task);
    throw error;
  }
}

async function startTask<M extends TaskMethod>(
  context: TaskContext,
  method: M,
  target: Target<M>,
  params: Params<M>,
  since: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly task: Ref<'Task'>; readonly lost?: IngotError }> {
  try {
    const task: unknown = await context.session.call(method, target, params, { signal });
    if (isRef(task)) return { task: remember(context.session, task.value) };
    throw new IngotError('vsphere.answer', `${method}: expected a reference to a task, found none`);
  } catch (error) {
    if (!(error instanceof IngotError && error.code === 'vsphere.lost-answer')) throw error;
    const found = await findLostTask(context.session, method, target, Date.now() - since, signal);
    context.onEvent({
      type: 'lost-task',
      message: `The answer to ${method} was lost; ${found ? `its task is ${found.value}` : 'no task of it was found'}.`,
    });
    if (found === undefined) throw error;
    return { task: remember(context.session, found.value), lost: error };
  }
}

function remember(session: Session, value: string): Ref<'Task'> {
  session.startedTasks.add(value);
  return { type: 'Task', value };
}

function isVm(target: Ref): target is Ref<'VirtualMachine'> {
  return target.type === 'VirtualMachine';
}

function endOf(info: TaskInfo, what: string): { readonly result: unknown } | undefined {
  if (info.state === 'success') return { result: info.result };
  if (info.state !== 'error') return undefined;
  throw faultError(
    what,
    info.error ?? { type: 'RuntimeFault', message: 'the task failed without a fault', details: {} },
  );
}

function handleQuestion(
  context: TaskContext,
  vm: Ref<'VirtualMachine'>,
  question: VirtualMachineQuestionInfo,
  what: string,
  options: TaskOptions,
): void {
  context.onEvent({ type: 'question', message: question.text, vm, question });
  const answerChoice = options.answer?.(question);
  if (answerChoice !== undefined) {
    // If this fails the question stays, and the task's own fault tells.
    context.session.call('AnswerVM', vm, { questionId: question.id, answerChoice }).catch(() => undefined);
    return;
  }
  throw new IngotError('vsphere.question', `${what} is held up: ${refText(vm)} asks: ${question.text}`, {
    evidence: [
      ...(question.message ?? []).map(({ id, text }) => `${id}: ${text}`),
      ...question.choice.choiceInfo.map(({ key, label }) => `answer ${key}: ${label}`),
    ],
    remedy: 'Answer the question in the vSphere client, then run the build again.',
  });
}

function cancel(context: TaskContext, task: Ref<'Task'>): void {
  context.session.call('CancelTask', task, {}).catch(() => undefined);
}
