import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { parseSysprepReport, type SysprepReport } from '../guest/reports.ts';
import { scriptFile, scriptParts } from '../scripts/digest.ts';
import { clone } from './clone.ts';
import { defineStep } from './define.ts';
import { sysprepInputs } from './support/answer-files.ts';
import { explained } from './support/late.ts';
import { keys } from './support/names.ts';
import { script, scriptFiles } from './support/script.ts';
import { sysprepXml } from './support/sysprep-answer-file.ts';
import type { MachineState } from './vcenter/machine.ts';

const sealedState = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE';
const answerFile = 'C:\\ProgramData\\ingot\\unattend.xml';
const started = z.object({ started: z.literal(true), task: z.string() });

/**
 * Sysprep of the clone, as a scheduled task of Administrator (as SYSTEM it is unsupported). Neither power-off nor an
 * exit code is proof: the task reads ImageState, tag and log inside Windows and tells the verdict before it shuts down.
 */
export const sysprep = defineStep({
  id: 'sysprep',
  title: 'Generalize the clone (Sysprep)',
  needs: { clone },
  inputs: sysprepInputs,
  files: scriptFiles('sysprep', 'sysprep-task'),
  output: z.object({ imageState: z.string(), tag: z.boolean(), errors: z.array(z.string()) }),
  timeout: (image) => image.timeouts.sysprep + image.timeouts.boot + image.timeouts.ssh,
  async run(context) {
    const { vcenter, config, signal, progress } = context;
    const machine = await (await vcenter()).candidate(signal);
    progress('Starting the clone');
    const guest = (wait: AbortSignal) => context.guest(wait, 'candidate');
    const session = await guest(signal);
    const run = randomBytes(8).toString('hex');
    const sealed = await context.password('template', signal);
    const xml = await sysprepXml(config, context.redactor, context.warn, sealed);
    await session.writeFile('/C:/ProgramData/ingot/unattend.xml', xml, { signal });
    const task = await scriptFile('sysprep-task.ps1');
    for (const { name, bytes } of [task, ...(await scriptParts(task.bytes))])
      await session.writeFile(`/C:/ProgramData/ingot/scripts/${name}`, bytes, { signal });
    progress('Starting Sysprep');
    const password = await context.password('candidate', signal);
    // Less than our own deadline: the guest knows better than we what hangs, and still has to tell and to shut down.
    const minutes = Math.max(1, Math.floor((config.timeouts.sysprep * 0.8) / 60_000));
    const parameters = { run, unattend: answerFile, password, minutes };
    let verdict: SysprepReport | undefined;
    const off = ({ extraConfig, power }: MachineState) => {
      verdict = reportOf(extraConfig.get(keys.sysprep), run) ?? verdict;
      if (verdict?.state === 'running') progress(verdict.message);
      return power === 'poweredOff';
    };
    // A Windows that goes down at once takes the script's answer with it: whichever comes first ends the other's wait.
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const deadlineMs = config.timeouts.script + config.timeouts.sysprep;
    const down = machine.waitFor(off, { what: 'Windows to go down', deadlineMs, signal: either });
    const start = script({ ...context, guest, signal: either }, 'sysprep', parameters, started);
    for (const wait of [down, start]) wait.catch(() => undefined); // the race tells; the other one is cut short
    // Once the task speaks it was started, whatever became of the script's answer.
    const begun = start.catch((error: unknown) => {
      if (verdict === undefined) throw error;
    });
    await Promise.race([begun, down]).finally(() => over.abort());
    context.closeGuest('candidate');
    const end = machine.waitFor(off, {
      what: 'Sysprep to finish and Windows to shut down',
      deadlineMs: config.timeouts.sysprep,
      signal,
    });
    await explained(end, () => ({
      evidence: [`last: ${lastWord(verdict)}`],
      remedy: `look at the console of ${machine.name} and at C:\\Windows\\System32\\Sysprep\\Panther\\setupact.log; build again, the clone is made anew; raise timeouts.sysprep if it was only slow`,
    }));
    if (verdict?.state !== 'succeeded') throw notSealed(verdict);
    return { imageState: verdict.imageState, tag: verdict.tag, errors: [...verdict.errors] };
  },
  async verify(_, { imageState, tag, errors }) {
    if (imageState !== sealedState || !tag)
      throw notSealed({ state: 'failed', run: '', imageState, tag, exitCode: null, errors });
    return [`${imageState}; Sysprep_succeeded.tag of this run; ${errors.length} unknown errors in setuperr.log`];
  },
});

/** The verdict of this run; one of an earlier run is none. */
function reportOf(text: string | undefined, run: string): SysprepReport | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const report = parseSysprepReport(text);
  return report.run === run ? report : undefined;
}

function lastWord(report: SysprepReport | undefined): string {
  if (report === undefined) return 'nothing from the task';
  return report.state === 'running' ? report.message : `${report.state}, ${report.imageState}`;
}

function notSealed(report: SysprepReport | undefined): IngotError {
  if (report === undefined || report.state === 'running') {
    return new IngotError('sysprep.no-verdict', 'expected a verdict of Sysprep, found the VM powered off without one', {
      evidence: report === undefined ? [] : [`last: ${report.message}`],
      remedy:
        'the VM was powered off from outside or Windows crashed: build again; the clone is made anew from the master',
    });
  }
  return new IngotError('sysprep.failed', `expected ${sealedState}, found ${report.imageState} (tag: ${report.tag})`, {
    evidence: report.errors,
    remedy:
      'look for the first of these lines: an app installed for one user only, a pending restart or BitLocker are the usual causes; mend it in a step of your own and build again, only the clone is made anew',
  });
}
