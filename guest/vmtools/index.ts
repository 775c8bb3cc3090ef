export type {
  GuestEntry,
  GuestOperations,
  GuestProcess,
  GuestSigns,
  GuestSink,
  GuestSource,
  SignalOption,
} from './operations.ts';

import type { Guest } from '../guest.ts';
import { VmToolsGuest, type VmToolsOptions } from './vmtools-guest.ts';

export type { VmToolsOptions } from './vmtools-guest.ts';

/** Reaches Windows through VMware Tools. Rejects with `guest.unreachable`, `guest.auth`, `guest.operations-denied`. */
export async function connectVmTools(options: VmToolsOptions & { readonly signal: AbortSignal }): Promise<Guest> {
  const guest = new VmToolsGuest(options);
  await guest.reach(options.signal);
  return guest;
}
