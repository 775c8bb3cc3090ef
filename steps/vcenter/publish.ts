import type { Vsphere } from '../../vsphere/connect.ts';
import { rename } from '../../vsphere/folder.ts';
import { escapeName } from '../../vsphere/names.ts';
import type { Ref } from '../../vsphere/values.ts';
import { oldTemplates } from './look.ts';
import type { Machine } from './machine.ts';

export interface SwapOptions {
  /** What has the name now. */
  readonly current: Machine | undefined;
  /** The name that it takes. */
  readonly former: string;
  readonly candidate: Machine;
  readonly template: string;
  /** Milliseconds that a renaming may take. */
  readonly taskMs: number;
}

/**
 * Gives the name to the candidate. vCenter cannot swap two names at once, so nothing may come between the two renamings:
 * an interrupt waits, and when the second fails the first is taken back.
 */
export async function swapNames(vc: Vsphere, options: SwapOptions): Promise<void> {
  const { current, former, candidate, template, taskMs } = options;
  const task = (what: string) => ({ signal: AbortSignal.timeout(taskMs), deadlineMs: taskMs, what });
  if (current !== undefined) await rename(vc, current.vm, former, task(`renaming ${template}`));
  try {
    await rename(vc, candidate.vm, template, task(`renaming ${candidate.name}`));
  } catch (error) {
    // If this fails too, the next build ends the swap: the candidate is a template already.
    if (current !== undefined)
      await rename(vc, current.vm, template, task(`renaming ${former}`)).catch(() => undefined);
    throw error;
  }
}

export interface PruneOptions {
  readonly folder: Ref<'Folder'>;
  readonly template: string;
  readonly image: string;
  readonly keep: number;
  machineOf(vm: Ref<'VirtualMachine'>, name: string): Machine;
  progress(message: string): void;
  warn(message: string): void;
  readonly signal: AbortSignal;
}

/** The name of a template that had to give it up; sorts by age. */
export const formerName = (template: string, build: string): string => `${template}-before-${build}`;

/** Deletes old templates but for the newest ones. One that cannot go (somebody clones it just now) stays until the next build. */
export async function pruneTemplates(vc: Vsphere, options: PruneOptions): Promise<void> {
  const { folder, template, image, keep, signal } = options;
  const old = await oldTemplates(vc, folder, escapeName(formerName(template, '')), image, signal);
  for (const { vm, name } of old.slice(keep)) {
    options.progress(`Deleting ${name}`);
    try {
      await options.machineOf(vm, name).destroy(signal);
    } catch (error) {
      signal.throwIfAborted();
      options.warn(`the old template ${name} stays: ${error instanceof Error ? error.message : error}`);
    }
  }
}
