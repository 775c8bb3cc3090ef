import { setTimeout as delay } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import { faultError, isFault, type VsphereFault } from '../fault.ts';
import type { Ref, VimFault } from '../values.ts';
import type { HttpNfcLeaseInfo } from '../vim25.gen.ts';

export type LeaseRef = Ref<'HttpNfcLease'>;

export interface LeaseOptions {
  readonly signal: AbortSignal;
  /** What the lease is for, as a noun phrase: `the export of windows`. */
  readonly what: string;
  /** Milliseconds from the start until the lease is given up. */
  readonly deadlineMs: number;
}

/** A lease that is ready, and kept so. */
export interface OpenLease {
  readonly lease: LeaseRef;
  readonly info: HttpNfcLeaseInfo;
  /** Aborts with the caller's signal, and when vCenter ends the lease. */
  readonly signal: AbortSignal;
  /** Notes how far the transfer is, in percent; vCenter is told with the next sign of life. */
  report(percent: number): void;
}

/** Until the lease is ready: vCenter makes the VM, or looks at its disks. */
const READY_MS = 10 * 60_000;
/** An aborted lease is not waited for any longer: it ends by itself. */
const ABORT_MS = 30_000;
/** The longest pause between two signs of life. */
const SIGN_MS = 30_000;

/**
 * Waits until a lease is `ready`. One that is not becomes `error`, and its `error` is thrown as a VsphereFault. While it
 * waits, and when it fails, the lease is the caller's to abort.
 */
export async function leaseReady(
  vc: Vsphere,
  lease: LeaseRef,
  { signal, what, deadlineMs }: LeaseOptions,
): Promise<HttpNfcLeaseInfo> {
  return vc.watch(
    lease,
    ({ state, info, error }) => {
      if (state === 'error' || state === 'done') throw ended(what, error);
      return state === 'ready' ? info : undefined;
    },
    { signal, deadlineMs: Math.min(READY_MS, deadlineMs), what: `vCenter to be ready for ${what}` },
  );
}

/**
 * Works with a lease that is ready, and completes it. As long as it is open the VM can neither be started nor deleted, so
 * it is aborted whenever the work fails or is interrupted. HttpNfcLeaseProgress is sent well within `leaseTimeout`, also
 * while no byte moves: it renews the lease whatever percent it says.
 *
 * Throws what the work throws; where vCenter ended the lease, its fault or `ovf.lease`; `vsphere.deadline`.
 */
export async function withLease<T>(
  vc: Vsphere,
  lease: LeaseRef,
  info: HttpNfcLeaseInfo,
  { signal: outer, what, deadlineMs }: LeaseOptions,
  work: (open: OpenLease) => Promise<T>,
): Promise<T> {
  const broken = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([outer, broken.signal]);
  const state = { percent: 0 };
  const guard = watchOver(vc, lease, { signal: over.signal, what, deadlineMs }).catch((error: unknown) => {
    if (!over.signal.aborted) broken.abort(error);
  });
  const signs = keepAlive(vc, lease, info, what, state, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) broken.abort(error);
  });
  const settle = async () => {
    over.abort();
    await Promise.all([guard, signs]);
  };
  try {
    const report = (percent: number) => {
      state.percent = Math.max(0, Math.min(99, Math.floor(percent)));
    };
    const result = await work({ lease, info, signal, report });
    await settle();
    signal.throwIfAborted();
    await vc.call('HttpNfcLeaseComplete', lease, {}, { signal });
    return result;
  } catch (error) {
    await settle();
    await abortLease(vc, lease);
    outer.throwIfAborted();
    throw broken.signal.aborted ? broken.signal.reason : error;
  }
}

/** HttpNfcLeaseAbort. One that is over already, or cannot be reached and will time out, is no error. */
export async function abortLease(vc: Vsphere, lease: LeaseRef): Promise<void> {
  const signal = AbortSignal.timeout(ABORT_MS);
  await vc.call('HttpNfcLeaseAbort', lease, {}, { signal, repeatable: true }).catch(() => undefined);
}

/** Ends, by throwing, when vCenter ends the lease or the deadline passes. */
async function watchOver(vc: Vsphere, lease: LeaseRef, { signal, what, deadlineMs }: LeaseOptions): Promise<void> {
  const fault = await vc.watch(
    lease,
    ({ state, error }) => (state === 'error' || state === 'done' ? { error } : undefined),
    { signal, deadlineMs, what: `${what} to be through` },
  );
  throw ended(what, fault.error);
}

async function keepAlive(
  vc: Vsphere,
  lease: LeaseRef,
  { leaseTimeout }: HttpNfcLeaseInfo,
  what: string,
  state: { readonly percent: number },
  signal: AbortSignal,
): Promise<void> {
  const patience = leaseTimeout * 1000;
  const pause = Math.max(100, Math.min(SIGN_MS, patience / 4));
  for (let heard = Date.now(); ; ) {
    await delay(pause, undefined, { signal, ref: false });
    try {
      await vc.call('HttpNfcLeaseProgress', lease, { percent: state.percent }, { signal, repeatable: true });
      heard = Date.now();
    } catch (error) {
      signal.throwIfAborted();
      if (isFault(error, 'MethodFault')) throw leaseLost(what, error);
      // vCenter may be out of reach for a moment; when it takes too long the lease is gone.
      if (Date.now() - heard > patience) throw leaseLost(what, error);
    }
  }
}

function ended(what: string, error: VimFault | undefined): VsphereFault | IngotError {
  return error === undefined ? leaseLost(what) : faultError(what, error);
}

function leaseLost(what: string, cause?: unknown): IngotError {
  return new IngotError('ovf.lease', `expected vCenter to hold the lease for ${what}, found that it ended it`, {
    cause,
    retryable: true,
    evidence: cause instanceof Error ? [cause.message] : [],
    remedy:
      'Look at the tasks of the VM in the vSphere client: somebody cancelled it, or vCenter did not hear of us in time.',
  });
}
