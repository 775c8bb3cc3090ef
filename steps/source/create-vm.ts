import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { keys } from '../../image/names.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { defineStep } from '../define.ts';
import { preflight } from '../preflight.ts';
import { removeStaleMaster } from '../support/stale-master.ts';
import { sysprepXml } from '../support/sysprep-answer-file.ts';
import { cloneConfig } from './clone-spec.ts';
import { checkSpecification, customizationInputs, customizationSpec } from './customization.ts';
import { deploy } from './deploy.ts';
import type { FoundSource } from './found.ts';
import { loginOfMaster, loginText } from './login.ts';

/** The master as a clone of what is a Windows already. The source stays as it is. */
export const createVm = defineStep({
  id: 'create-vm',
  title: (image) => `Clone ${image.source?.name} to ${image.name}-master`,
  needs: { place: preflight },
  inputs: async (image, env) => {
    const { hardware, placement } = image;
    const { identity, linked } = await env.source();
    return {
      source: { ...identity },
      linked,
      cpus: hardware.cpus,
      coresPerSocket: hardware.coresPerSocket,
      memory: hardware.memory,
      networks: hardware.nics.map((nic) => nic.network),
      compute: placement.compute,
      datastore: placement.datastore ?? placement.datastoreCluster ?? '',
      customization: await customizationInputs(image, async () => (await env.vcenter()).vc),
    };
  },
  output: z.object({ source: z.string() }),
  timeout: ({ timeouts }) => timeouts.clone + 3 * timeouts.task,
  preview: async (_, env) => {
    const { path, identity } = await env.source();
    const known = Object.entries(identity).filter(([, value]) => value !== '');
    return [`${path}: ${known.map(([name, value]) => `${name} ${value}`).join(', ')}`];
  },
  async run(context) {
    const { vcenter, names, records, config, held, build, fingerprint, redactor, signal, progress } = context;
    const [center, found] = await Promise.all([vcenter(), context.source()]);
    // A mistake in the answer file of the clones is told now, and not when Windows is finished.
    await sysprepXml(config, redactor, () => undefined);
    // And one in the specification while the master of before is still there.
    const customization = await customizationSpec(config, center.vc, signal);
    if (found.kind === 'vm' && customization !== undefined)
      await checkSpecification(center.vc, found.vm, customization, signal);
    await removeStaleMaster(center, names.master, progress, signal);
    const place = await center.placement(signal);
    // With it any runner can make the password of the template again.
    held.salt = randomBytes(16).toString('hex');
    const output = { source: found.path };
    // As for a VM that is made: there is no moment at which the clone is there without its records.
    records.save({
      step: 'create-vm',
      fingerprint,
      output,
      proof: [`${names.master} cloned from ${found.path}`],
      finishedAt: new Date().toISOString(),
    });
    const { salt } = held;
    const entriesFor = (login: FoundSource['login']) => [
      { key: keys.image, value: config.name },
      { key: keys.build, value: build },
      { key: keys.role, value: 'master' },
      { key: keys.salt, value: salt },
      ...(login === undefined || login === 'later' ? [] : [{ key: keys.sourceLogin, value: loginText(login) }]),
      { key: 'disk.EnableUUID', value: 'TRUE' },
      ...records.pending(),
    ];
    if (found.kind === 'vm') {
      const { vm, path, snapshot, linked } = found;
      const spec = cloneConfig(config, { ...found, nics: place.networks, entries: entriesFor(found.login) });
      progress(`Cloning ${path}`);
      await center.cloneToMaster({ vm, name: path }, { snapshot, config: spec, customization, linked }, signal);
      return output;
    }
    try {
      const machine = center.adoptMaster(await deploy(context, center, found));
      const made = ['config.hardware.device', 'config.extraConfig'] as const;
      const values = await center.vc.read(machine.vm, made, { signal });
      const extraConfig = extraConfigMap(values['config.extraConfig']);
      const login = found.login === 'later' ? loginOfMaster(extraConfig) : found.login;
      const { 'config.hardware.device': devices = [] } = values;
      const facts = { path: found.path, devices, extraConfig, nics: place.networks, entries: entriesFor(login) };
      const { deviceChange, ...rest } = cloneConfig(config, facts);
      // The specification speaks of the NICs of the image file.
      await machine.reconfigure({ deviceChange }, signal);
      if (customization !== undefined) {
        await checkSpecification(center.vc, machine.vm, customization, signal);
        const task = { signal, deadlineMs: config.timeouts.task, what: `customizing ${names.master}` };
        await center.vc.task('CustomizeVM_Task', machine.vm, { spec: customization }, task);
      }
      // Last, and with its records: from now on it is one that a build can go on with.
      await machine.reconfigure(rest, signal);
    } catch (error) {
      records.abandon(); // it has none: the next build deletes what is there
      throw error;
    }
    return output;
  },
  async verify({ vcenter, records, config, source, signal }) {
    const [center, { path }] = await Promise.all([vcenter(), source()]);
    const machine = await center.master(signal);
    const { version, firmware, cds, nics, extraConfig } = await center.hardwareOf(machine.vm, signal);
    const ours = extraConfig.get(keys.image) === config.name ? 'ours' : 'not ours';
    const expected = `0 CDs, ${config.hardware.nics.length} NICs, ours`;
    const found = `${cds.length} CDs, ${nics.length} NICs, ${ours}`;
    if (found !== expected) {
      records.abandon(); // its records came with the spec
      throw new IngotError('create-vm.hardware', `expected ${expected}; found ${found}`, {
        remedy: 'vCenter changed the spec: look at the task’s events, and at policies that rewrite VMs',
      });
    }
    return [`${machine.vm.value}: cloned from ${path}, ${version}, ${firmware}`];
  },
});
