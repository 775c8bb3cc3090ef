import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import { scriptFile, scriptParts } from '../../scripts/digest.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine } from '../vcenter/machine.ts';
import { randomPassword } from './password.ts';
import { script } from './script.ts';
import { sysprepXml } from './sysprep-answer-file.ts';
import { harmlessErrors, leftovers } from './sysprep-harmless.ts';
import { appxParameters, sysprepChange, untilReady } from './sysprep-ready.ts';
import { recordRun, type SysprepRun } from './sysprep-run.ts';

const folder = '/C:/ProgramData/ingot';
const answerFile = 'C:\\ProgramData\\ingot\\unattend.xml';
/** How long servicing and installers may be at work after the clone's start, in minutes. */
const quietMinutes = 10;

type Context = BuildEnv & StepTools<Image, Json>;

/**
 * Checks what Sysprep needs and starts its task, with the answer file of the clones. A run that is at work already is not
 * started again: the script knows it by its id. The run is recorded on the VM before anything that cannot be undone.
 */
export async function startSysprep(
  context: Context,
  machine: Machine,
  run: SysprepRun,
  signal: AbortSignal,
): Promise<void> {
  const { config, redactor, progress } = context;
  progress('Starting the clone');
  const guest = (wait: AbortSignal) => context.guest(wait, 'candidate');
  const session = await guest(signal);
  // The smoke test logs in with it, on whatever runner.
  const sealed = await context.password('template', signal);
  const xml = await sysprepXml(config, redactor, context.warn, sealed);
  await session.writeFile(`${folder}/unattend.xml`, xml, { signal });
  const task = await scriptFile('sysprep-task.ps1');
  for (const { name, bytes } of [task, ...(await scriptParts(task.bytes))])
    await session.writeFile(`${folder}/scripts/${name}`, bytes, { signal });
  await recordRun(machine, run, signal);
  progress('Starting Sysprep');
  // Nobody needs it later: whoever goes on with this run waits for what it says. What logs in with a password keeps its own.
  const password = config.communicator === 'vmtools' ? await context.password('candidate', signal) : randomPassword();
  redactor.add(password);
  const { sysprep } = config.windows;
  const parameters = {
    run: run.run,
    unattend: answerFile,
    password,
    // Less than our own deadline: the guest knows better than we what hangs, and still has to tell and to shut down.
    minutes: Math.max(1, Math.floor((config.timeouts.sysprep * 0.8) / 60_000)),
    waitMinutes: Math.min(quietMinutes, Math.max(1, Math.floor((config.timeouts.script * 0.5) / 60_000))),
    mode: sysprep.mode ?? '',
    harmless: [...harmlessErrors, ...sysprep.ignoreErrors],
    remove: leftovers,
    ...appxParameters(config),
  };
  const here = { ...context, guest, signal };
  const { evidence } = await untilReady(here, 'candidate', () => script(here, 'sysprep', parameters, sysprepChange));
  for (const line of evidence) context.log(`removed ${line}`);
}
