import { z } from 'zod';
import { defineStep } from './define.ts';
import { master } from './master.ts';
import { goesOn, sysprepRunIn } from './support/sysprep-run.ts';

/**
 * A full clone of the master's snapshot is what gets sealed: of what was proved, whatever happened to the master since.
 * One in which an earlier build of the same plan has started Sysprep is kept: what Sysprep has begun cannot be begun again.
 */
export const clone = defineStep({
  id: 'clone',
  title: 'Clone the master',
  needs: { master },
  inputs: (image) => ({ template: image.template.name, folder: image.template.folder }),
  output: z.object({ vm: z.string(), name: z.string() }),
  timeout: (image) => image.timeouts.clone,
  async run({ vcenter, names, needs, held, build, records, signal, progress, log, warn }) {
    const center = await vcenter();
    // Of a smoke test that broke off: its disks may stand upon those of the candidate.
    if ((await center.find('smoke', signal)) !== undefined) {
      progress(`Deleting ${names.smoke}, which an earlier build left`);
      await center.destroy('smoke', signal);
    }
    const found = await center.look('candidate', signal);
    if (found !== undefined) {
      const run = sysprepRunIn(found.extraConfig, records.fingerprintOf('sysprep'));
      if (run !== undefined) {
        if (goesOn(run, found.power)) {
          log(`going on with ${names.candidate}: an earlier build started Sysprep in it (run ${run.run})`);
          return { vm: found.machine.vm.value, name: found.machine.name };
        }
        if (run.verdict?.state === 'succeeded')
          warn(
            `somebody started ${names.candidate} after it was sealed, so that it is not sealed any more: the clone is made anew`,
          );
        if (run.verdict === undefined)
          warn(
            `an earlier build broke off while Sysprep ran in ${names.candidate}; the VM is off and the verdict is gone with its power, so that nobody knows whether it is sealed: the clone is made anew`,
          );
      }
      progress(`Deleting ${names.candidate}, which an earlier build left`);
      await center.destroy('candidate', signal);
    }
    progress(`Cloning to ${names.candidate}`);
    const snapshot = held.masterSnapshot ?? (await center.masterSnapshot(needs.master.snapshot, signal));
    const machine = await center.cloneMaster(build, snapshot, signal);
    return { vm: machine.vm.value, name: machine.name };
  },
  verify: async (_, { name, vm }) => [`full clone ${name} (${vm})`],
});
