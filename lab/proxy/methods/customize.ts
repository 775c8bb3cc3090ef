import { readCustomization } from '../../guest/customization.ts';
import { reference } from '../../vcsim/soap.ts';
import { all, at, leaf } from '../../xml.ts';
import { answer, type Call, failedTask, fault, type Interceptor, type ProxyContext } from '../call.ts';

const NICS = /^Virtual(E1000|E1000e|PCNet32|Vmxnet|Vmxnet2|Vmxnet3|SriovEthernetCard)$/;

/** Why vCenter does not customize this VM so; undefined if it does. */
async function refusal({ self, body }: Call, lab: ProxyContext): Promise<[string, string, string] | undefined> {
  const { disk } = lab.machines.of(self);
  const spec = at(body, 'spec');
  if (disk.windows === undefined || readCustomization(spec, '') === undefined)
    return ['UncustomizableGuest', 'Customization of the guest operating system is not supported.', ''];
  const found = await lab.vcsim.properties(self, 'config.hardware.device');
  const inVm = (found['config.hardware.device']?.children ?? []).filter(({ type }) => NICS.test(type ?? '')).length;
  const inSpec = all(spec, 'nicSettingMap').length;
  if (inVm === inSpec) return undefined;
  const detail = leaf('numberOfNicsInSpec', inSpec) + leaf('numberOfNicsInVM', inVm);
  return ['NicSettingMismatch', 'The number of network adapters differs.', detail];
}

/** CheckCustomizationSpec, which vcsim does not have. */
export const checkCustomization: Interceptor = async (call, lab) => {
  const refused = await refusal(call, lab);
  return refused === undefined ? answer(call.method) : fault(...refused);
};

/** CustomizeVM_Task: pending until the VM starts. vcsim would customize at once, and knows no guest. */
export const customizeVm: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    const refused = await refusal(call, lab);
    if (refused !== undefined) return failedTask(call, lab, ...refused);
    if (machine.guest !== undefined)
      return failedTask(call, lab, 'InvalidPowerState', 'The VM is powered on.', states('poweredOff', 'poweredOn'));
    if (machine.disk.customization !== undefined)
      return failedTask(call, lab, 'CustomizationPending', 'A customization is pending.');
    const { name } = await lab.vcsim.properties(call.self, 'name');
    machine.disk.customization = readCustomization(at(call.body, 'spec'), name?.text ?? '');
    const task = await lab.vcsim.createTask(call.self);
    await lab.vcsim.endTask(task, {});
    return answer(call.method, reference('returnval', task));
  });
};

const states = (requested: string, existing: string): string =>
  leaf('requestedState', requested) + leaf('existingState', existing);
