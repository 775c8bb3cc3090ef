import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { keys } from '../image/names.ts';
import { defineStep } from './define.ts';
import { preflight } from './preflight.ts';
import { removeStaleMaster } from './support/stale-master.ts';
import { bootOptions, vmSpec } from './support/vm-spec.ts';
import { uploadMedia } from './upload-media.ts';

/** One CreateVM_Task with everything in it, then a look at what vCenter made of it; only what differs is mended. */
export const createVm = defineStep({
  id: 'create-vm',
  title: (image) => `Create the VM ${image.name}-master`,
  needs: { place: preflight, media: uploadMedia },
  inputs: ({ hardware, placement }) => ({
    cpus: hardware.cpus,
    coresPerSocket: hardware.coresPerSocket,
    memory: hardware.memory,
    disks: [hardware.disk, ...hardware.extraDisks.map((disk) => disk.size)],
    firmware: hardware.firmware,
    secureBoot: hardware.secureBoot,
    version: hardware.version,
    guestIds: [...hardware.guestIds],
    networks: hardware.nics.map((nic) => nic.network),
    compute: placement.compute,
    datastore: placement.datastore ?? placement.datastoreCluster ?? '',
  }),
  output: z.object({ instanceUuid: z.string() }),
  timeout: (image) => 3 * image.timeouts.task,
  async run({ vcenter, names, records, config, needs, held, build, fingerprint, signal, progress }) {
    const center = await vcenter();
    await removeStaleMaster(center, names.master, progress, signal);
    const place = await center.placement(signal);
    const { iso, tools, disc } = needs.media;
    const instanceUuid = randomUUID();
    const output = { instanceUuid };
    // The records of what a VM is made from are part of its spec: there is no moment at which one is there without the other.
    records.save({
      step: 'create-vm',
      fingerprint,
      output,
      proof: [`${names.master} created`],
      finishedAt: new Date().toISOString(),
    });
    const extraConfig = [
      { key: keys.image, value: config.name },
      { key: keys.build, value: build },
      { key: keys.role, value: 'master' },
      { key: keys.disc, value: disc },
      { key: keys.salt, value: held.salt ?? '' },
      { key: 'disk.EnableUUID', value: 'TRUE' },
      ...records.pending(),
    ];
    const facts = {
      name: names.master,
      instanceUuid,
      guestId: needs.place.guestId,
      nics: place.networks,
      cds: [iso, tools, disc],
      extraConfig,
    };
    const specOn = (datastoreName: string | undefined) => vmSpec(config, { ...facts, datastoreName });
    progress('Creating');
    // An interrupt waits: a VM that comes into being after the end of the build would stand there without its disc.
    const machine = await center.createMaster(specOn, AbortSignal.timeout(config.timeouts.task));
    signal.throwIfAborted();
    const made = await center.hardwareOf(machine.vm, signal);
    const wanted = bootOptions(config);
    if (!sameOrder(made.bootOrder, wanted.bootOrder ?? [])) {
      progress('Setting the boot order');
      const disk = made.disks[0];
      await machine.reconfigure(
        {
          bootOptions: {
            bootOrder: [
              ...(disk === undefined
                ? []
                : [{ $type: 'VirtualMachineBootOptionsBootableDiskDevice' as const, deviceKey: disk }]),
              { $type: 'VirtualMachineBootOptionsBootableCdromDevice' },
            ],
          },
        },
        signal,
      );
    }
    return output;
  },
  async verify({ vcenter, records, config, signal }) {
    const center = await vcenter();
    const machine = await center.master(signal);
    const { firmware, version, cds, disks, nics, guestId, extraConfig } = await center.hardwareOf(machine.vm, signal);
    const { hardware } = config;
    const expected = `vmx-${hardware.version}, ${hardware.firmware}, 3 CDs, ${1 + hardware.extraDisks.length} disks, ${hardware.nics.length} NICs, ours`;
    const ours = extraConfig.get(keys.image) === config.name ? 'ours' : 'not ours';
    const found = `${version}, ${firmware}, ${cds.length} CDs, ${disks.length} disks, ${nics.length} NICs, ${ours}`;
    if (found !== expected) {
      records.abandon(); // its records came with the spec
      throw new IngotError('create-vm.hardware', `expected ${expected}; found ${found}`, {
        remedy: 'vCenter changed the spec: look at the task’s events, and at policies that rewrite VMs',
      });
    }
    return [`${machine.vm.value}: ${version}, ${firmware}, ${guestId}, boots the disk, then the CD`];
  },
});

function sameOrder(
  found: readonly { readonly $type: string; readonly deviceKey?: number }[],
  wanted: readonly { readonly $type: string; readonly deviceKey?: number }[],
): boolean {
  const text = (order: typeof found) => order.map(({ $type, deviceKey }) => `${$type} ${deviceKey ?? ''}`).join(', ');
  return text(found) === text(wanted);
}
