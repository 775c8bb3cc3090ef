import { writeConfig } from '../../saved-config.ts';
import { readMoref } from '../../vcsim/soap.ts';
import { at, textAt, writeXml } from '../../xml.ts';
import { failedTask, forwardTask, type Interceptor } from '../call.ts';
import { refuseSpec } from './create-vm.ts';
import { stateOf } from './snapshot.ts';

/** Members of CloneSpec.config that vcsim applies itself, or that a reconfigure may not carry. */
const NOT_AGAIN = new Set(['changeVersion', 'name', 'files', 'deviceChange', 'uuid', 'instanceUuid']);
const TEMPLATE = /(<(?:[\w-]+:)?template>\s*)(?:true|1)(\s*<)/;

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
    await writeConfig(lab.vcsim, clone, state.config);
    const changes = config?.children.filter((child) => !NOT_AGAIN.has(child.name)) ?? [];
    if (changes.length > 0) await lab.vcsim.reconfigure(clone, changes.map((change) => writeXml(change)).join(''));
    if (textAt(spec, 'template') === 'true') await lab.vcsim.call('MarkAsTemplate', clone);
    else if (textAt(spec, 'powerOn') === 'true') {
      const task = readMoref(at(await lab.vcsim.call('PowerOnVM_Task', clone), 'returnval'));
      if (task !== undefined && (await lab.vcsim.task(task)).state === 'success') lab.machines.start(machine);
    }
    return answer;
  });
};
