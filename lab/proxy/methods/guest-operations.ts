import type { ToolsService } from '../../guest/tools-service.ts';
import { readMoref } from '../../vcsim/soap.ts';
import { all, at, leaf, node, textAt, type XmlElement } from '../../xml.ts';
import { answer, type Call, fault, forward, type Interceptor, type ProxyContext } from '../call.ts';
import type { Answer } from '../upstream.ts';

const OFF = leaf('requestedState', 'poweredOn') + leaf('existingState', 'poweredOff');

/** A call that VMware Tools of a VM answer; `present` gives those that run when it is asked. */
export interface GuestCall {
  readonly call: Call;
  readonly lab: ProxyContext;
  readonly tools: ToolsService;
  readonly present: () => ToolsService | undefined;
}

/**
 * What all guest operations check first, in the order of the faults that the API names: the session, the power state,
 * VMware Tools, the account of Windows.
 */
export function guestOperation(work: (guest: GuestCall) => Promise<Answer> | Answer): Interceptor {
  return async (call, lab) => {
    if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
    const vm = readMoref(at(call.body, 'vm'));
    if (vm === undefined) return fault('InvalidRequest', 'Required property vm is missing');
    const machine = lab.machines.of(vm);
    if (machine.guest === undefined) return fault('InvalidPowerState', 'The VM is powered off.', OFF);
    const { tools } = machine.guest;
    if (tools === undefined)
      return fault('GuestOperationsUnavailable', 'The guest operations agent could not be contacted.');
    const { windows } = tools.host;
    if (!accepts(at(call.body, 'auth'), windows.administratorPassword))
      return fault(
        'InvalidGuestLogin',
        'Failed to authenticate with the guest operating system using the supplied credentials.',
      );
    return work({ call, lab, tools, present: () => machine.guest?.tools });
  };
}

function accepts(auth: XmlElement | undefined, password: string): boolean {
  // Passwords keep their spaces, which textAt would take off.
  return (
    auth?.type === 'NamePasswordAuthentication' &&
    textAt(auth, 'interactiveSession') === 'false' &&
    textAt(auth, 'username')?.toLowerCase() === 'administrator' &&
    at(auth, 'password')?.text === password
  );
}

/** StartProgramInGuest */
export const startProgram = guestOperation(({ call, tools }) => {
  const path = textAt(call.body, 'spec', 'programPath') ?? '';
  const pid = tools.start(path, at(call.body, 'spec', 'arguments')?.text ?? '');
  if (pid === undefined) return fault('FileNotFound', `File ${path} was not found`, leaf('file', path));
  return answer(call.method, leaf('returnval', pid));
});

/** ListProcessesInGuest */
export const listProcesses = guestOperation(({ call, tools }) => {
  const wanted = all(call.body, 'pids').map(({ text }) => Number(text));
  const found = tools.list().filter(({ pid }) => wanted.length === 0 || wanted.includes(pid));
  const processes = found.map(({ pid, name, cmdLine, startTime, endTime, exitCode }) =>
    node(
      'returnval',
      leaf('name', name) +
        leaf('pid', pid) +
        leaf('owner', `${tools.host.windows.computerName}\\Administrator`) +
        leaf('cmdLine', cmdLine) +
        leaf('startTime', startTime.toISOString()) +
        (endTime === undefined ? '' : leaf('endTime', endTime.toISOString())) +
        (exitCode === undefined ? '' : leaf('exitCode', exitCode)),
    ),
  );
  return answer(call.method, processes.join(''));
});
