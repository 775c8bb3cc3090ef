import { all, at, textAt } from '../../xml.ts';
import { type Call, forwardTask, type Interceptor, type ProxyContext } from '../call.ts';
import { parentOf } from '../inventory.ts';
import type { Answer } from '../upstream.ts';
import { askForDisc, takesHeldDisc } from './cdrom.ts';
import { refuseName, refuseSpec } from './create-vm.ts';

/** ReconfigVM_Task: vCenter's checks of the specification, and the question if it takes a disc that the guest holds. */
export const reconfigure: Interceptor = async (call, lab) => {
  const spec = at(call.body, 'spec');
  const refused = (await refuseNewName(call, lab, textAt(spec, 'name'))) ?? (await refuseSpec(call, lab, spec));
  if (refused !== undefined) return refused;
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    if (machine.guest !== undefined && takesHeldDisc(spec, machine.guest)) return askForDisc(call, lab, machine);
    const { answer } = await forwardTask(call, lab);
    if (all(spec, 'deviceChange').length > 0) await machine.guest?.hardwareChanged();
    return answer;
  });
};

/** DuplicateName if another of the VM's folder has that name. */
export async function refuseNewName(
  call: Call,
  lab: ProxyContext,
  name: string | undefined,
): Promise<Answer | undefined> {
  if (name === undefined) return undefined;
  const folder = await parentOf(lab.vcsim, call.self);
  return folder === undefined ? undefined : refuseName(call, lab, name, folder);
}
