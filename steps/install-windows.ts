import { IngotError } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import { type BootstrapReport, parseBootstrapReport } from '../guest/reports.ts';
import type { Image } from '../image/index.ts';
import { keys } from '../image/names.ts';
import type { StepTools } from '../pipeline/step.ts';
import { answerDisc } from './answer-disc.ts';
import { createVm } from './create-vm.ts';
import { type BuildEnv, defineStep } from './define.ts';
import { inspectMedia } from './inspect-media.ts';
import { beside } from './support/beside.ts';
import { pastPrompt } from './support/boot-prompt.ts';
import { keepInstalled, keptReport, proofOf, type Ready, windowsOutput } from './support/installed.ts';
import {
  bootstrapFailed,
  bootstrapNotes,
  checkReady,
  nothingYet,
  ofSetup,
  poweredOff,
  stuck,
} from './support/setup-failures.ts';
import { uploadMedia } from './upload-media.ts';
import type { Machine } from './vcenter/machine.ts';

/**
 * Powers the VM on and follows Windows Setup by what the bootstrap tells over guestinfo; before VMware Tools run there is
 * no word from inside. A layer: at its end Windows is shut down, the discs go, and the VM is snapshotted.
 */
export const installWindows = defineStep({
  id: 'install-windows',
  title: 'Install Windows',
  needs: { iso: inspectMedia, vm: createVm, media: uploadMedia, disc: answerDisc },
  output: windowsOutput,
  timeout: (image) => image.timeouts.install + 2 * image.timeouts.boot,
  async run(context) {
    const { vcenter, needs, signal } = context;
    const machine = await (await vcenter()).master(signal);
    const installed = readReport(await keptReport(context, machine), needs.disc.build);
    const report =
      installed?.state === 'ready'
        ? installed
        : await followSetup(context, machine, { prompt: needs.iso.bootPrompt === 'typed', build: needs.disc.build });
    context.held.hostKeys = report.hostKeys;
    for (const line of bootstrapNotes(report)) context.warn(line);
    return keepInstalled(context, machine, report, 'Windows as installed, discs detached');
  },
  verify: async (_, output) => proofOf(output),
});

/** Starts the VM and waits for what the bootstrap says last; kept where a power-off does not clear it. */
async function followSetup(
  context: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
  { prompt, build }: { readonly prompt: boolean; readonly build: string },
): Promise<Ready> {
  const { config, records, signal, progress } = context;
  await machine.powerOn(signal);
  progress('Windows Setup runs; its first word comes when VMware Tools are installed');
  const last = { words: nothingYet };
  try {
    const report = await beside(
      (wait) => bootstrapReport(context, machine, build, last, wait),
      async (wait) => {
        if (prompt) await pastPrompt(context, machine, wait);
      },
      signal,
    );
    // Before anything is recorded: what is recorded is gone on with.
    checkReady(config, report);
    await machine.reconfigure({ extraConfig: [{ key: keys.installed, value: JSON.stringify(report) }] }, signal);
    return report;
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    const late = error.code === 'vsphere.deadline';
    if (ofSetup.has(error.code) || late) records.abandon();
    if (!late) throw error;
    const picture = await machine.screenshot(signal).catch(() => undefined);
    throw stuck(config.timeouts.install, last.words, picture, error);
  }
}

/** The last word of the bootstrap; `last` holds the one before. */
function bootstrapReport(
  { config, progress }: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
  build: string,
  last: { words: string },
  signal: AbortSignal,
): Promise<Ready> {
  return machine.waitFor(
    ({ extraConfig, power }) => {
      const found = readReport(extraConfig.get(keys.bootstrap), build);
      if (found?.state === 'failed') throw bootstrapFailed(found.message, found.evidence, found.code);
      if (found?.state === 'ready') return found;
      if (power === 'poweredOff') throw poweredOff(last.words);
      if (found !== undefined) {
        last.words = found.message;
        progress({ message: found.message, done: found.done, total: found.total, unit: 'items' });
      }
      return undefined;
    },
    { what: 'Windows Setup and the bootstrap to report', deadlineMs: config.timeouts.install, signal },
  );
}

/** The report of this build's disc; one that another build left behind is none. */
function readReport(text: string | undefined, build: string): BootstrapReport | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const report = parseBootstrapReport(text);
  return report.build === build ? report : undefined;
}
