import { z } from 'zod';
import { defineStep } from './define.ts';
import { master } from './master.ts';

/** A full clone of the master is what gets sealed; the master stays as it is. */
export const clone = defineStep({
  id: 'clone',
  title: 'Clone the master',
  needs: { master },
  inputs: (image) => ({ template: image.template.name, folder: image.template.folder }),
  output: z.object({ vm: z.string(), name: z.string() }),
  timeout: (image) => image.timeouts.clone,
  async run({ vcenter, names, build, signal, progress }) {
    const center = await vcenter();
    if ((await center.find('candidate', signal)) !== undefined) {
      progress(`Deleting ${names.candidate}, which an earlier build left`);
      await center.destroy('candidate', signal);
    }
    progress(`Cloning to ${names.candidate}`);
    const machine = await center.cloneMaster(build, signal);
    return { vm: machine.vm.value, name: machine.name };
  },
  verify: async (_, { name, vm }) => [`full clone ${name} (${vm})`],
});
