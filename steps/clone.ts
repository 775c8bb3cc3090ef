import { z } from 'zod';
import { defineStep } from './define.ts';
import { master } from './master.ts';

/** A full clone of the master's snapshot is what gets sealed: of what was proved, whatever happened to the master since. */
export const clone = defineStep({
  id: 'clone',
  title: 'Clone the master',
  needs: { master },
  inputs: (image) => ({ template: image.template.name, folder: image.template.folder }),
  output: z.object({ vm: z.string(), name: z.string() }),
  timeout: (image) => image.timeouts.clone,
  async run({ vcenter, names, needs, held, build, signal, progress }) {
    const center = await vcenter();
    // Of a smoke test that broke off: its disks may stand upon those of the candidate.
    if ((await center.find('smoke', signal)) !== undefined) {
      progress(`Deleting ${names.smoke}, which an earlier build left`);
      await center.destroy('smoke', signal);
    }
    if ((await center.find('candidate', signal)) !== undefined) {
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
