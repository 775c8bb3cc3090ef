import { z } from 'zod';
import { GuestError } from './errors.ts';
import type { ScriptParameters } from './script-output.ts';

/** Waits inside Windows for the end of a restart (docs/guest-contract.md). */
export const SETTLE = 'settle.ps1';

export const settledSchema = z.object({ settled: z.boolean(), bootTime: z.iso.datetime() });
export type Settled = z.infer<typeof settledSchema>;

/** The script gives up a little before we do, since it knows what it waits for. */
export function settleParameters(previousBootTime: string, leftMs: number): ScriptParameters {
  return { previousBootTime, seconds: Math.max(1, Math.floor((leftMs * 0.9) / 1000)) };
}

/** Turns the script's own verdict into what a restart rejects with: `guest.servicing-busy`. */
export function stillBusy(error: unknown): never {
  if (!(error instanceof GuestError) || error.script?.code !== 'guest.servicing-busy') throw error;
  throw new GuestError('guest.servicing-busy', error.script.message, {
    cause: error,
    evidence: error.evidence,
    timedOut: true,
    remedy:
      'Windows is still at work on features or updates: raise `timeouts.boot`, and look at C:\\Windows\\Logs\\CBS\\CBS.log in the VM if it never ends (more CPUs and memory help, too).',
  });
}
