import { randomBytes } from 'node:crypto';
import { readCustomization } from '../../guest/customization.ts';
import { deviceChange, writeConfig } from '../../saved-config.ts';
import { type Moref, readMoref } from '../../vcsim/soap.ts';
import { at, textAt, writeXml } from '../../xml.ts';
import { failedTask, forwardTask, type Interceptor, type ProxyContext } from '../call.ts';
import { refuseSpec } from './create-vm.ts';
import { stateOf } from './snapshot.ts';

/** Members of CloneSpec.config that vcsim applies itself, or that a reconfigure may not carry. */
const NOT_AGAIN = new Set(['changeVersion', 'name', 'files', 'deviceChange', 'uuid', 'instanceUuid']);
const TEMPLATE = /(<(?:[\w-]+:)?template>\s*)(?:true|1)(\s*<)/;

/** Device changes that give a clone's network cards addresses of their own, as vCenter does unless they are manual. */
async function newAddresses(lab: ProxyContext, clone: Moref): Promise<string> {
  const found = await lab.vcsim.properties(clone, 'config.hardware.device');
  const cards = (found['config.hardware.device']?.children ?? []).filter(
    (device) => at(device, 'macAddress') !== undefined && textAt(device, 'addressType')?.toLowerCase() !== 'manual',
  );
  return cards
    .map((card) => {
      const macAddress = `00:50:56:${randomBytes(3).toString('hex').replace(/^./, '9').match(/../g)?.join(':')}`;
      const children = card.children.map((child) =>
        child.name === 'macAddress' ? { ...child, text: macAddress } : child,
      );
      return deviceChange('edit', { ...card, children });
    })
    .join('');
}

/**
 * CloneVM_Task: vcsim drops firmware, boot options, annotation, extraConfig and CloneSpec.config, and copies the VM as it
 * is even if a snapshot is named. All that is put right before the client is answered.
 */
export const cloneVm: Interceptor = (call, lab) => {
  const source = lab.machines.of(call.self);
  return source.exclusive(async () => {
    const spec = at(call.body, 'spec');
    const snapshot = readMoref(at(spec, 'snapshot'));
    const move = textAt(spec, 'location', 'diskMoveType');
    if (move === 'createNewChildDiskBacking' && snapshot === undefined) {
      return failedTask(call, lab, 'InvalidArgument', 'A linked clone needs a snapshot: spec.snapshot');
    }
    const config = at(spec, 'config');
    const refused = await refuseSpec(call, lab, config);
    if (refused !== undefined) return refused;
    const state = await stateOf(source, snapshot, lab);
    // A template can't be reconfigured, so it is marked last.
    const { answer, result: clone } = await forwardTask(call, lab, call.raw.replace(TEMPLATE, '$1false$2'));
    if (clone === undefined) return answer;
    const machine = lab.machines.of(clone);
    machine.disk = state.disk;
    machine.disk.customization = readCustomization(at(spec, 'customization'), textAt(call.body, 'name') ?? '');
    await writeConfig(lab.vcsim, clone, state.config, await newAddresses(lab, clone));
    const changes = config?.children.filter((child) => !NOT_AGAIN.has(child.name)) ?? [];
    if (changes.length > 0) await lab.vcsim.reconfigure(clone, changes.map((change) => writeXml(change)).join(''));
    if (textAt(spec, 'template') === 'true') await lab.vcsim.call('MarkAsTemplate', clone);
    else if (textAt(spec, 'powerOn') === 'true') {
      const task = readMoref(at(await lab.vcsim.call('PowerOnVM_Task', clone), 'returnval'));
      if (task !== undefined && (await lab.vcsim.task(task)).state === 'success') await lab.machines.start(machine);
    }
    return answer;
  });
};
