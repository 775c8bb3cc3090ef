import { z } from 'zod';
import type { Json } from '../../common/json.ts';
import type { BootstrapReport } from '../../guest/reports.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import { layerName } from '../vcenter/layers.ts';
import type { Machine } from '../vcenter/machine.ts';
import { finishInstall } from './finish-install.ts';

/** What `install-windows` knows at its end, wherever Windows came from. */
export const windowsOutput = z.object({
  hostKeys: z.array(z.string()),
  tools: z.object({ version: z.string(), status: z.string(), startType: z.string() }),
  os: z.object({ build: z.string(), edition: z.string(), installationType: z.string() }),
  computerName: z.string(),
});
type Windows = z.infer<typeof windowsOutput>;

/** What Windows says of itself when it is there. */
export type Ready = Extract<BootstrapReport, { state: 'ready' }>;
type Context = BuildEnv & StepTools<Image, Json>;

export function proofOf({ os, computerName }: Pick<Windows, 'os' | 'computerName'>): string[] {
  return [`Windows ${os.build} ${os.edition} (${os.installationType}), computer name ${computerName}`];
}

/** The report that an earlier build has kept on the VM; a power-off does not clear it. */
export async function keptReport({ config, signal }: Context, machine: Machine): Promise<string | undefined> {
  const { text } = await machine.waitFor((state) => ({ text: state.extraConfig.get(keys.installed) }), {
    what: 'the state of the VM',
    deadlineMs: config.timeouts.task,
    signal,
  });
  return text;
}

/**
 * Ends an installation: the discs go, Windows is kept as a layer and started again. Its record is written in one change
 * with what ends it, so that a resumed build never installs twice, and never skips its end.
 */
export async function keepInstalled(
  context: Context,
  machine: Machine,
  { hostKeys, tools, os, computerName }: Ready,
  description: string,
): Promise<Windows> {
  const { fingerprint, progress, records, signal } = context;
  const output = { hostKeys, tools, os, computerName };
  await finishInstall(context, machine, () => {
    const finishedAt = new Date().toISOString();
    records.save({ step: 'install-windows', fingerprint, output, proof: proofOf(output), finishedAt });
  });
  progress('Keeping the layer');
  await machine.snapshot(layerName('install-windows', fingerprint), description, signal);
  await machine.powerOn(signal);
  return output;
}
