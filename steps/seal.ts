import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { keys } from '../image/names.ts';
import { defineStep } from './define.ts';
import { installWindows } from './install-windows.ts';
import { openssh } from './openssh.ts';
import { sealedFacts } from './support/sealed-facts.ts';
import { removeControllers, removeDevices } from './support/vm-spec.ts';
import { sysprep } from './sysprep.ts';

/**
 * The hardware of what becomes the template: no CD and no controller for one, no boot order of the build, nothing that the build or the guest
 * wrote into extraConfig but what the template is and what was proved of it.
 */
export const seal = defineStep({
  id: 'seal',
  version: 3,
  title: 'Clean the hardware of the clone',
  needs: { sysprep, windows: installWindows, shell: openssh },
  inputs: (image) => ({ notes: image.template.notes ?? null }),
  output: z.object({ removed: z.array(z.string()) }),
  timeout: (image) => 2 * image.timeouts.task,
  async run({ vcenter, records, config, needs, build, signal }) {
    const center = await vcenter();
    const machine = await center.candidate(signal);
    const { cds, cdControllers, extraConfig } = await center.hardwareOf(machine.vm, signal);
    const { os } = needs.windows;
    const windows = `${os.build} ${os.edition} (${os.installationType})`;
    const facts = sealedFacts(config, { ...os, keys: needs.shell.keys });
    const kept = records.sealed({ build, windows, facts });
    const gone = [...extraConfig.keys()].filter(
      (key) => /^(guestinfo\.)?ingot\./.test(key) && !kept.some((entry) => entry.key === key),
    );
    const notes = `Windows Server ${config.windows.version} ${windows}, built by ingot ${build}, sealed ${new Date().toISOString()}`;
    await machine.reconfigure(
      {
        annotation: config.template.notes ?? notes,
        deviceChange: [...removeDevices(cds), ...removeControllers(cdControllers)],
        extraConfig: [...gone.map((key) => ({ key, value: '' })), ...kept],
      },
      signal,
    );
    const controllers = cdControllers.map((key) => `controller ${key}`);
    return { removed: [...cds.map((key) => `CD ${key}`), ...controllers, ...gone] };
  },
  async verify({ vcenter, signal, names }) {
    const center = await vcenter();
    const machine = await center.candidate(signal);
    const { cds, cdControllers, extraConfig, firmware, version } = await center.hardwareOf(machine.vm, signal);
    const left = [...extraConfig].filter(([key]) => key.startsWith('guestinfo.ingot.') || key === keys.installed);
    if (cds.length > 0 || cdControllers.length > 0 || left.length > 0 || extraConfig.get(keys.role) !== 'template') {
      throw new IngotError('seal.leftovers', `expected ${names.candidate} to be clean, found leftovers`, {
        evidence: [
          ...cds.map((key) => `CD drive ${key}`),
          ...cdControllers.map((key) => `AHCI controller ${key} without a device`),
          ...left.map(([key]) => `extraConfig ${key}`),
        ],
        remedy: 'build again; if it stays, vCenter did not take the change: look at the VM’s events',
      });
    }
    return [`${version}, ${firmware}, no CD and no controller for one, no key of the build in extraConfig`];
  },
});
