import { readMoref } from '../../vcsim/soap.ts';
import { all, leaf } from '../../xml.ts';
import { answer, fault, forward, forwardTask, type Interceptor } from '../call.ts';

export const powerOn: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    const { answer, succeeded } = await forwardTask(call, lab);
    if (succeeded) await lab.machines.start(machine);
    return answer;
  });
};

/** PowerOnMultiVM_Task of a datacenter: vcsim's task ends when all VMs are on. */
export const powerOnMulti: Interceptor = async (call, lab) => {
  const done = await forwardTask(call, lab);
  for (const element of done.succeeded ? all(call.body, 'vm') : []) {
    const vm = readMoref(element);
    if (vm === undefined) continue;
    const state = await lab.vcsim.properties(vm, 'runtime.powerState');
    if (state['runtime.powerState']?.text === 'poweredOn') await lab.machines.start(lab.machines.of(vm));
  }
  return done.answer;
};

export const powerOff: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    const { answer, succeeded } = await forwardTask(call, lab);
    if (succeeded) await lab.machines.powerOff(machine);
    return answer;
  });
};

export const reset: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    const { answer, succeeded } = await forwardTask(call, lab);
    if (succeeded) {
      await lab.machines.powerOff(machine);
      await lab.machines.start(machine, 'reset');
    }
    return answer;
  });
};

/** ShutdownGuest returns at once; without running VMware Tools it is refused, which vcsim does not do. */
export const shutdownGuest: Interceptor = async (call, lab) => {
  const { guest } = lab.machines.of(call.self);
  const refused = await refuseWithoutTools(call, lab);
  if (refused !== undefined) return refused;
  guest?.shutDown();
  return answer(call.method);
};

export const rebootGuest: Interceptor = async (call, lab) => {
  const refused = await refuseWithoutTools(call, lab);
  if (refused !== undefined) return refused;
  lab.machines.of(call.self).guest?.restart();
  return answer(call.method);
};

const refuseWithoutTools: (...args: Parameters<Interceptor>) => Promise<Awaited<ReturnType<Interceptor>> | undefined> =
  async (call, lab) => {
    if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab); // vcsim says what is wrong
    const { guest } = lab.machines.of(call.self);
    if (guest === undefined) {
      const detail = leaf('requestedState', 'poweredOn') + leaf('existingState', 'poweredOff');
      return fault(
        'InvalidPowerState',
        'The attempted operation cannot be performed in the current state (Powered off).',
        detail,
      );
    }
    if (!guest.toolsRunning) {
      return fault(
        'ToolsUnavailable',
        'Cannot complete operation because VMware Tools is not running in this virtual machine.',
      );
    }
    return undefined;
  };

/** Destroy_Task and UnregisterVM: the guest goes with the VM. */
export const remove: Interceptor = async (call, lab) => {
  if (call.self.type !== 'VirtualMachine') return forward(call, lab);
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    if (call.method === 'UnregisterVM') {
      const response = await forward(call, lab);
      if (response.status === 200) await lab.machines.forget(machine);
      return response;
    }
    const { answer, succeeded } = await forwardTask(call, lab);
    if (succeeded) await lab.machines.forget(machine);
    return answer;
  });
};
