import type { Json } from '../../../common/json.ts';
import { INGOT_ACL } from '../own-folder.ts';
import { INGOT_FOLDER, SCRIPTS_FOLDER } from '../paths.ts';
import { type ScriptCall, ScriptError, type ScriptModel, text, whole } from './call.ts';

/** What `state.json` holds. */
interface JobState {
  readonly id: string;
  readonly script: string;
  readonly bootTime: string;
}

/** Starts a script as a scheduled task of SYSTEM, or follows the log of one. */
export const job: ScriptModel = async (call) => {
  const name = text(call, 'name');
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new ScriptError(`Expected the name of a job, found ${name}.`);
  const id = text(call, 'id');
  const action = text(call, 'action');
  if (action === 'take') return take(call, name, id);
  if (action !== 'start' && action !== 'watch') throw new ScriptError(`Expected an action, found ${action}.`);
  call.tasks.visit(name);
  if (action === 'start') {
    const began = start(call, name, id);
    call.write(`##ingot:job ${JSON.stringify({ began })}`);
    if (began === 'other') return otherJob(call, name);
  }
  return watch(call, name, id);
};

function start(call: ScriptCall, name: string, id: string): 'started' | 'found' | 'other' {
  const { files } = call.windows;
  const known = stateOf(call, name);
  const running = call.tasks.isRunning(name);
  if (running && known?.id !== id) return 'other';
  if (known?.id === id && (running || ended(call, name))) return 'found';
  for (const script of ['job-task.ps1', text(call, 'script')])
    if (files.read(`${SCRIPTS_FOLDER}/${script}`) === undefined)
      throw new ScriptError(`Cannot find the script '${script}'.`, { category: 'ObjectNotFound' });
  files.removeTree(folder(name));
  files.makeFolder(folder(name), { acl: INGOT_ACL });
  const state: JobState = { id, script: text(call, 'script'), bootTime: call.bootTime.toISOString() };
  files.write(`${folder(name)}/state.json`, JSON.stringify(state));
  files.write(`${folder(name)}/log.txt`, '');
  const input = Buffer.from(JSON.stringify(call.parameters.parameters ?? {})).toString('base64');
  files.write(`${folder(name)}/parameters.json`, input);
  const test = call.parameters.test === true;
  call.tasks.start(name, () => work(call, name, state, input, test));
  return 'started';
}

/** The scheduled task. */
async function work(call: ScriptCall, name: string, state: JobState, input: string, test: boolean): Promise<void> {
  const { windows, tasks, scenario } = call;
  const { signal } = tasks;
  const fault = scenario.scenario.jobs?.[name];
  const log = `${folder(name)}/log.txt`;
  windows.files.removeFile(`${folder(name)}/parameters.json`);
  const tell = (message: string, more: Record<string, Json> = {}) =>
    call.publish({ 'guestinfo.ingot.job': JSON.stringify({ name, id: state.id, state: 'running', message, ...more }) });
  let told = tell('');
  let next: (() => void) | undefined;
  const out = (said: string) => {
    if (signal.aborted) return; // the process is gone
    windows.files.write(log, `${windows.files.read(log)?.toString('utf8') ?? ''}${said.replaceAll('\r\n', '\n')}`);
    tasks.tell(name);
    const [, json] = /^##ingot:progress (\{.*\})/m.exec(said) ?? [];
    if (json === undefined) return;
    const { message, ...counts } = JSON.parse(json);
    // Only the newest is told when the last one is still under way.
    if (next === undefined) told = told.then(() => next?.());
    next = () => {
      next = undefined;
      return tell(message, counts);
    };
  };
  if (fault?.untilFound) await tasks.visited(name, 2);
  if (scenario.strikes(`${name} dies`, fault?.dies)) {
    out('##ingot:progress {"message":"half done"}\n');
    return;
  }
  const exitCode = await call.spawn(state.script, { test, input, out });
  signal.throwIfAborted();
  await told;
  await call.publish({
    'guestinfo.ingot.job': JSON.stringify({ name, id: state.id, state: 'ended', message: '' }),
  });
  signal.throwIfAborted();
  windows.files.write(`${folder(name)}/result.json`, JSON.stringify({ exitCode, stderr: '' }));
  tasks.tell(name);
}

/** Tells the log from the offset on until there is something to say about the end. */
async function watch(call: ScriptCall, name: string, id: string): Promise<Json> {
  const { windows, scenario, tasks } = call;
  let offset = call.parameters.offset === undefined ? 0 : whole(call, 'offset');
  for (;;) {
    const state = stateOf(call, name);
    if (state === undefined) return { state: 'none' };
    if (state.id !== id) return otherJob(call, name);
    const over = ended(call, name);
    const running = tasks.isRunning(name);
    const log = windows.files.read(`${folder(name)}/log.txt`) ?? Buffer.alloc(0);
    for (let end = log.indexOf(10, offset); end >= 0; end = log.indexOf(10, offset)) {
      const line = log.subarray(offset, end).toString('utf8');
      offset = end + 1;
      call.write(`##ingot:job ${JSON.stringify({ at: offset, line })}`);
      if (scenario.strikes(`${name} drops`, scenario.scenario.jobs?.[name]?.drops)) {
        call.breakOff(false);
        await new Promise<void>(() => {});
      }
    }
    if (over !== undefined) return { state: 'ended', ...over };
    const bootTime = call.bootTime.toISOString();
    if (state.bootTime !== bootTime) return { state: 'restarted', bootTime, previousBootTime: state.bootTime };
    if (!running) return { state: 'died', taskResult: '0x40010004' };
    await tasks.changed(name);
  }
}

function take(call: ScriptCall, name: string, id: string): Json {
  const taken = stateOf(call, name)?.id === id && !call.tasks.isRunning(name);
  if (taken) call.windows.files.removeTree(folder(name));
  return { state: 'taken', taken };
}

function otherJob(call: ScriptCall, name: string): Json {
  const state = stateOf(call, name);
  return { state: 'other', id: state?.id ?? '', script: state?.script ?? '' };
}

function stateOf(call: ScriptCall, name: string): JobState | undefined {
  const content = call.windows.files.read(`${folder(name)}/state.json`);
  return content === undefined ? undefined : JSON.parse(content.toString('utf8'));
}

function ended(call: ScriptCall, name: string): { exitCode: number; stderr: string } | undefined {
  const content = call.windows.files.read(`${folder(name)}/result.json`);
  return content === undefined ? undefined : JSON.parse(content.toString('utf8'));
}

function folder(name: string): string {
  return `${INGOT_FOLDER}/jobs/${name}`;
}
