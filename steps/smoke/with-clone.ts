import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import { consolidateDisks, removeSnapshot, type SnapshotRef } from '../../vsphere/snapshot.ts';
import type { BuildEnv } from '../define.ts';
import type { Vcenter } from '../vcenter/index.ts';
import type { Machine } from '../vcenter/machine.ts';

export type SmokeContext = BuildEnv & StepTools<Image, Json>;

/** What the clone has to say about a failure is fetched for no longer. */
const diagnosticsMs = 90_000;

/** Name of the candidate's snapshot, which a linked clone stands on. */
const smokeSnapshot = 'ingot smoke-test';

/**
 * Makes a clone of the candidate, hands it over, and takes it away again, and its snapshot after it: the disks of a linked
 * clone are children of the snapshot's. After a failure too, unless the image file wants to look at it.
 */
export async function withClone<T>(context: SmokeContext, work: (clone: Machine) => Promise<T>): Promise<T> {
  const { vcenter, build, config, names, signal, progress, warn } = context;
  const center = await vcenter();
  const candidate = await center.candidate(signal);
  let snapshot: SnapshotRef | undefined;
  let passed = false;
  let remains = names.smoke;
  const discard = async (until: AbortSignal) => {
    context.closeGuest('smoke');
    const found = await center.look('smoke', until);
    // Under that name another build may have its own by now. What this one has just made was not looked up.
    const maker = found?.extraConfig.get(keys.build) ?? build;
    if (found !== undefined && maker === build) {
      await found.machine.powerOff(until);
      await center.destroy('smoke', until);
    }
    remains = `the snapshot of ${candidate.name}`;
    if (snapshot !== undefined) await dropSnapshot(center, candidate, snapshot, config.timeouts.task, until);
  };
  try {
    if (config.smokeTest.clone === 'linked') {
      progress('Taking a snapshot for the clone');
      snapshot = await candidate.snapshot(smokeSnapshot, 'For the clone of the smoke test; removed after it', signal);
    }
    progress(`Cloning to ${names.smoke}`);
    const result = await work(await center.cloneCandidate(build, snapshot, signal));
    passed = true;
    progress(`Deleting ${names.smoke}`);
    await discard(signal);
    return result;
  } catch (error) {
    // One that let nobody in tells no more than its screenshot.
    if (error instanceof IngotError && !error.timedOut && !signal.aborted)
      await context.diagnostics.collect('smoke', AbortSignal.timeout(diagnosticsMs), error);
    // Another build has the lease and works on these VMs: what is left of this one's it deletes itself.
    if (context.lease.lost.aborted) throw error;
    if (config.smokeTest.keepOnFailure && !passed) {
      warn(`${names.smoke} stays to be looked at (smokeTest.keepOnFailure): the next build deletes it`);
      throw error;
    }
    // Also after an interrupt, which aborted the step's signal. What stays all the same the next build deletes.
    center.forget('smoke');
    await discard(AbortSignal.timeout(config.timeouts.task)).catch((failure: unknown) => {
      warn(`${remains} could not be deleted: ${failure instanceof Error ? failure.message : String(failure)}`);
    });
    throw error;
  }
}

async function dropSnapshot(
  { vc }: Vcenter,
  { vm, name }: Machine,
  snapshot: SnapshotRef,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  await removeSnapshot(vc, vm, snapshot, { signal, deadlineMs, what: `removing the snapshot of ${name}` });
  // Its task succeeds also where the disks could not be merged (vSphere API, RemoveSnapshot_Task).
  const { 'runtime.consolidationNeeded': needed } = await vc.read(vm, ['runtime.consolidationNeeded'], { signal });
  if (needed === true) await consolidateDisks(vc, vm, { signal, deadlineMs, what: `merging the disks of ${name}` });
}
