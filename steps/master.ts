import { z } from 'zod';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';

/** The finished Windows, before it is sealed: shut down, snapshotted, kept between builds. A layer. */
export const master = defineStep({
  id: 'master',
  title: 'Keep the finished Windows as the master',
  needs: { shell: openssh },
  output: z.object({ snapshot: z.string(), name: z.string() }),
  timeout: (image) => image.timeouts.shutdown + 2 * image.timeouts.task,
  async run({ vcenter, records, closeGuest, config, signal, progress, fingerprint }) {
    const machine = await (await vcenter()).master(signal);
    closeGuest('master');
    progress('Shutting Windows down');
    await machine.shutDown({ deadlineMs: config.timeouts.shutdown, signal });
    // The records belong into the snapshot: a revert rolls them back together with the disks.
    await records.flush();
    progress('Taking the snapshot');
    const name = `ingot master ${fingerprint.slice(0, 12)}`;
    const snapshot = await machine.snapshot(name, 'Finished Windows, not sealed', signal);
    return { snapshot: snapshot.value, name };
  },
  verify: async (_, { name }) => [`shut down cleanly; snapshot “${name}”`],
});
