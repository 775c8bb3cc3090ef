import { leaf, textAt } from '../../xml.ts';
import { forward, forwardTask, type Interceptor } from '../call.ts';
import { refuseNewName } from './reconfigure.ts';

/** Rename_Task of a VM: vcsim changes `name` only, vCenter the configuration's name too; a taken name is DuplicateName. */
export const rename: Interceptor = async (call, lab) => {
  if (call.self.type !== 'VirtualMachine') return forward(call, lab);
  const name = textAt(call.body, 'newName') ?? '';
  const refused = await refuseNewName(call, lab, name);
  if (refused !== undefined) return refused;
  const { answer, succeeded } = await forwardTask(call, lab);
  if (succeeded) await lab.vcsim.reconfigure(call.self, leaf('name', name));
  return answer;
};
