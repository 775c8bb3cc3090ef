import type { Json } from '../../common/json.ts';
import type { BootstrapReport } from '../../guest/reports.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine } from '../vcenter/machine.ts';
import { keys } from './names.ts';
import { removeDevices } from './vm-spec.ts';

/**
 * With the VM off (a CD that the guest holds hangs the task) the discs are detached, the boot order of the build is
 * cleared, and what the guest reported is copied out of its own guestinfo, which a power-off clears. The answer disc
 * carries the password of the installation and is deleted.
 */
export async function finishInstall(
  { config, signal, progress, records, vcenter }: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
  report: BootstrapReport,
): Promise<void> {
  progress('Shutting Windows down to detach the discs');
  await machine.shutDown({ deadlineMs: config.timeouts.shutdown, signal });
  const center = await vcenter();
  const { cds, extraConfig } = await center.hardwareOf(machine.vm, signal);
  await machine.reconfigure(
    {
      deviceChange: removeDevices(cds),
      bootOptions: { bootOrder: [{ $type: 'VirtualMachineBootOptionsBootableDevice' }] },
      extraConfig: [
        { key: keys.installed, value: JSON.stringify(report) },
        { key: keys.bootstrap, value: '' },
        { key: keys.disc, value: '' },
        ...records.pending(),
      ],
    },
    signal,
  );
  progress('Deleting the answer disc');
  const disc = extraConfig.get(keys.disc) ?? '';
  if (disc !== '') await center.files.delete(disc, signal);
}
