import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine } from '../vcenter/machine.ts';
import { removeDevices } from './vm-spec.ts';

/**
 * With the VM off (a CD that the guest holds hangs the task) the answer disc, which carries the password of the
 * installation, is deleted, and in one change the discs are detached, the boot order of the build is cleared and the
 * records are written. Run again after a crash anywhere in it, it ends the same.
 *
 * @param save called when Windows is off: what ends with this change is recorded in it
 */
export async function finishInstall(
  { config, signal, progress, records, vcenter }: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
  save: () => void,
): Promise<void> {
  progress('Shutting Windows down to detach the discs');
  await machine.shutDown({ deadlineMs: config.timeouts.shutdown, signal });
  const center = await vcenter();
  const { cds, extraConfig } = await center.hardwareOf(machine.vm, signal);
  progress('Deleting the answer disc');
  const disc = extraConfig.get(keys.disc) ?? '';
  if (disc !== '') await center.files.delete(disc, signal);
  save();
  await machine.reconfigure(
    {
      deviceChange: removeDevices(cds),
      bootOptions: { bootOrder: [{ $type: 'VirtualMachineBootOptionsBootableDevice' }] },
      extraConfig: [
        { key: keys.bootstrap, value: '' },
        { key: keys.disc, value: '' },
        records.plan(),
        ...records.pending(),
      ],
    },
    signal,
  );
}
