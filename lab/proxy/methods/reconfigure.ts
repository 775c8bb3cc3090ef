import { all, at } from '../../xml.ts';
import { forwardTask, type Interceptor } from '../call.ts';
import { askForDisc, takesHeldDisc } from './cdrom.ts';
import { refuseSpec } from './create-vm.ts';

/** ReconfigVM_Task: vCenter's checks of the specification, and the question if it takes a disc that the guest holds. */
export const reconfigure: Interceptor = async (call, lab) => {
  const spec = at(call.body, 'spec');
  const refused = await refuseSpec(call, lab, spec);
  if (refused !== undefined) return refused;
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    if (machine.guest !== undefined && takesHeldDisc(spec, machine.guest)) return askForDisc(call, lab, machine);
    const { answer } = await forwardTask(call, lab);
    if (all(spec, 'deviceChange').length > 0) await machine.guest?.hardwareChanged();
    return answer;
  });
};
