import { at } from '../../xml.ts';
import { forwardTask, type Interceptor } from '../call.ts';
import { refuseSpec } from './create-vm.ts';

/** ReconfigVM_Task: vCenter's checks of the specification. */
export const reconfigure: Interceptor = async (call, lab) => {
  const refused = await refuseSpec(call, lab, at(call.body, 'spec'));
  if (refused !== undefined) return refused;
  return lab.machines.of(call.self).exclusive(async () => (await forwardTask(call, lab)).answer);
};
