import { z } from 'zod';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { keepLayer } from './support/keep-layer.ts';
import { checkReady } from './support/sysprep-ready.ts';
import { layerName } from './vcenter/layers.ts';

/** The finished Windows, before it is sealed: shut down, snapshotted, kept between builds. A layer. */
export const master = defineStep({
  id: 'master',
  title: 'Keep the finished Windows as the master',
  needs: { shell: openssh },
  output: z.object({ snapshot: z.string() }),
  timeout: ({ timeouts }) => timeouts.shutdown + 2 * (timeouts.task + timeouts.script + timeouts.boot) + timeouts.ssh,
  async run(context) {
    const { vcenter, closeGuest, config, signal, progress, fingerprint } = context;
    const machine = await (await vcenter()).master(signal);
    // What keeps Sysprep from running is cheaper to mend before the disk is cloned. One that is off may have been cut off,
    // or shut down by a build that was killed: it is started, so that its end is one that was seen.
    await checkReady(context, 'master');
    closeGuest('master');
    progress('Shutting Windows down');
    await machine.shutDown({ deadlineMs: config.timeouts.shutdown, signal });
    progress('Taking the snapshot');
    const output = { snapshot: layerName('master', fingerprint) };
    context.held.masterSnapshot = await keepLayer(context, machine, {
      step: 'master',
      output,
      proof: proofOf(output),
      description: 'Finished Windows, not sealed',
    });
    return output;
  },
  verify: async (_, output) => proofOf(output),
});

const proofOf = ({ snapshot }: { readonly snapshot: string }) => [`shut down cleanly; snapshot “${snapshot}”`];
