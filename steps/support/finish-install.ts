import type { Json } from '../../common/json.ts';
import type { BootstrapReport } from '../../guest/reports.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine } from '../vcenter/machine.ts';
import { keys } from './names.ts';
import { removeDevices } from './vm-spec.ts';

export interface Installed {
  readonly report: BootstrapReport;
  readonly devices: { readonly cds: readonly number[] };
  readonly media: { readonly disc: string };
  readonly fingerprint: string;
}

/**
 * The end of the layer: a clean shutdown, then, with the VM off (a CD that the guest holds hangs the task), the discs
 * are detached and what the guest reported is copied out of its own guestinfo, which a power-off clears. The answer disc
 * carries the password of the installation and is deleted.
 */
export async function finishInstall(
  context: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
  { report, devices, media, fingerprint }: Installed,
): Promise<void> {
  const { config, signal, progress } = context;
  progress('Shutting Windows down to detach the discs');
  await machine.shutDown({ deadlineMs: config.timeouts.shutdown, signal });
  await machine.reconfigure(
    {
      deviceChange: removeDevices(devices.cds),
      bootOptions: { bootOrder: [{ $type: 'VirtualMachineBootOptionsBootableDevice' }] },
      extraConfig: [
        { key: keys.installed, value: JSON.stringify(report) },
        { key: keys.bootstrap, value: '' },
        { key: keys.disc, value: '' },
        ...context.records.pending(),
      ],
    },
    signal,
  );
  progress('Keeping the layer; deleting the answer disc');
  const { files } = await context.vcenter();
  await Promise.all([
    files.delete(media.disc, signal),
    machine.snapshot(
      `ingot install-windows ${fingerprint.slice(0, 12)}`,
      'Windows as installed, discs detached',
      signal,
    ),
  ]);
  await machine.powerOn(signal);
}
