import type { ReadOptions } from '../properties.ts';
import type { GuestProcessInfo } from '../vim25.gen.ts';
import type { GuestTarget } from './target.ts';

/** A program as StartProgramInGuest takes it: everybody on that machine can see its command line. */
export interface GuestProgram {
  /** Full path: nothing is searched. */
  readonly path: string;
  readonly arguments: string;
}

/**
 * StartProgramInGuest: its process id. Never sent again after a lost answer (`vsphere.lost-answer`): the program may
 * run. Faults: InvalidGuestLogin, GuestOperationsUnavailable, GuestPermissionDenied, FileNotFound, InvalidState, …
 */
export function startProgram(
  { vc, vm, auth, processes }: GuestTarget,
  program: GuestProgram,
  options: ReadOptions = {},
): Promise<number> {
  const spec = { programPath: program.path, arguments: program.arguments };
  return vc.call('StartProgramInGuest', processes, { vm, auth, spec }, options);
}

/**
 * ListProcessesInGuest: these processes as far as they are there, or all of them. `endTime` and `exitCode` are told for
 * programs that StartProgramInGuest has started, until 5 minutes after their end or a restart of VMware Tools.
 */
export function listProcesses(
  { vc, vm, auth, processes }: GuestTarget,
  pids: readonly number[] | undefined,
  options: ReadOptions = {},
): Promise<readonly GuestProcessInfo[]> {
  return vc.call('ListProcessesInGuest', processes, { vm, auth, pids }, options);
}
