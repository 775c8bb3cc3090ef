import type { Json } from '../../common/json.ts';
import { parseBootstrapReport } from '../../guest/reports.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import { type BuildEnv, defineStep } from '../define.ts';
import { keepInstalled, keptReport, proofOf, type Ready, windowsOutput } from '../support/installed.ts';
import { scriptFiles } from '../support/script.ts';
import { checkWindows } from './checks.ts';
import { createVm } from './create-vm.ts';
import { lookInside } from './look-inside.ts';

/**
 * Starts the clone and looks into its Windows: what an installation tells of itself is read here. A layer, as after an
 * installation: what comes behind goes back to it, and not to a new clone.
 */
export const installWindows = defineStep({
  id: 'install-windows',
  title: 'Start the clone and look into its Windows',
  needs: { vm: createVm },
  inputs: ({ windows, communicator }) => ({
    build: windows.build,
    edition: windows.edition,
    installationType: windows.installationType,
    communicator,
  }),
  files: scriptFiles('source', 'openssh'),
  output: windowsOutput,
  timeout: ({ source, timeouts }) =>
    timeouts.install + 2 * timeouts.boot + 2 * timeouts.task + timeouts.ssh + (source?.customization?.timeout ?? 0),
  async run(context) {
    const { vcenter, signal } = context;
    const machine = await (await vcenter()).master(signal);
    const report = readReport(await keptReport(context, machine)) ?? (await inside(context, machine));
    context.held.hostKeys = report.hostKeys;
    return keepInstalled(context, machine, report, 'Windows as it came from its source');
  },
  verify: async (_, output) => proofOf(output),
});

/** What was found stays where a power-off does not clear it: a resumed build goes on from there. */
async function inside(
  context: BuildEnv & StepTools<Image, Json>,
  machine: Parameters<typeof lookInside>[1],
): Promise<Ready> {
  const report = await lookInside(context, machine);
  checkWindows(context.config, report);
  await machine.reconfigure({ extraConfig: [{ key: keys.installed, value: JSON.stringify(report) }] }, context.signal);
  return report;
}

/** The clone began without one: what stands there was written by a build that worked in it. */
function readReport(text: string | undefined): Ready | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const report = parseBootstrapReport(text);
  return report.state === 'ready' ? report : undefined;
}
