import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { type Datacenter, openDatacenter } from '../../vsphere/inventory.ts';
import { type FindPreparations, type Part, type Preparation, type PrepareContext, parts } from './preparation.ts';

export type { Part, Preparation, State } from './preparation.ts';
export { parts } from './preparation.ts';

/** What reads each part; loaded when the part is asked for. */
const finders: Readonly<Partial<Record<Part, () => Promise<FindPreparations>>>> = {
  'failure-domains': async () => (await import('./failure-domains.ts')).findFailureDomains,
  folders: async () => (await import('./folders.ts')).findFolders,
  pools: async () => (await import('./pools.ts')).findPools,
  tags: async () => (await import('./tags.ts')).findTags,
  'storage-policy': async () => (await import('./storage-policy.ts')).findStoragePolicyParts,
  'port-groups': async () => (await import('./port-groups.ts')).findPortGroups,
  role: async () => (await import('./role.ts')).findRoles,
};

/** A preparation and what became of it. */
export interface Outcome {
  /** As it was found, before any change. */
  readonly preparation: Preparation;
  /**
   * - `none`: it is right, or a person has to do it;
   * - `change`: it would be changed;
   * - `changed`: it was, and was read back;
   * - `failed`: it was not, or does not read back as it is wanted.
   */
  readonly action: 'none' | 'change' | 'changed' | 'failed';
  /** As it was read back after a change. */
  readonly after?: Preparation;
  readonly error?: unknown;
}

/** One part, read and perhaps changed. */
export interface PreparedPart {
  readonly part: Part;
  readonly outcomes: readonly Outcome[];
  /** Why the part, or what was changed of it, could not be read. */
  readonly error?: unknown;
}

export interface PrepareOptions {
  readonly signal: AbortSignal;
  /** Default: all. */
  readonly only?: readonly Part[] | undefined;
  /** Default: nothing is changed. */
  readonly change?: boolean;
}

/**
 * Compares what an image file says of its clusters with what vCenter has, a part at a time, and with `change` makes it
 * so. A later part sees what was changed before. One that fails hides no other; once the signal is aborted, nothing
 * more is begun.
 */
export async function* prepare(
  vc: Vsphere,
  image: Image,
  { signal, only = parts, change = false }: PrepareOptions,
): AsyncGenerator<PreparedPart> {
  for (const part of parts) {
    const load = finders[part];
    if (load === undefined || !only.includes(part) || signal.aborted) continue;
    try {
      const find = await load();
      const read = () => find(contextOf(vc, image, signal));
      const found = await read();
      const worth = change && found.some((preparation) => preparation.change !== undefined);
      yield worth ? await changed(part, found, read, signal) : { part, outcomes: found.map(unchanged) };
    } catch (error) {
      yield { part, outcomes: [], error };
    }
  }
}

function contextOf(vc: Vsphere, image: Image, signal: AbortSignal): PrepareContext {
  const opened = new Map<string, Promise<Datacenter>>();
  return {
    vc,
    image,
    signal,
    datacenter(path) {
      const known = opened.get(path) ?? openDatacenter(vc, path, { signal });
      opened.set(path, known);
      return known;
    },
  };
}

function unchanged(preparation: Preparation): Outcome {
  return { preparation, action: preparation.change === undefined ? 'none' : 'change' };
}

async function changed(
  part: Part,
  found: readonly Preparation[],
  read: () => Promise<readonly Preparation[]>,
  signal: AbortSignal,
): Promise<PreparedPart> {
  const outcomes: Outcome[] = [];
  for (const preparation of found) {
    outcomes.push(signal.aborted ? unchanged(preparation) : await changedOne(preparation, signal));
  }
  if (signal.aborted) return { part, outcomes };
  try {
    const now = new Map((await read()).map((preparation) => [keyOf(preparation), preparation]));
    return { part, outcomes: outcomes.map((outcome) => proven(outcome, now.get(keyOf(outcome.preparation)))) };
  } catch (error) {
    // What was changed is told, but nothing of it is proven.
    const unproven = (outcome: Outcome): Outcome =>
      outcome.action === 'changed' ? { ...outcome, action: 'failed', error } : outcome;
    return { part, outcomes: outcomes.map(unproven), error };
  }
}

async function changedOne(preparation: Preparation, signal: AbortSignal): Promise<Outcome> {
  if (preparation.change === undefined) return { preparation, action: 'none' };
  try {
    await preparation.change(signal);
    return { preparation, action: 'changed' };
  } catch (error) {
    if (!signal.aborted) return { preparation, action: 'failed', error };
    const interrupted = new IngotError('prepare.interrupted', 'interrupted: vCenter may still make this change');
    return { preparation, action: 'failed', error: interrupted };
  }
}

/** A change counts when it can be read back. */
function proven(outcome: Outcome, now: Preparation | undefined): Outcome {
  if (outcome.action !== 'changed') return outcome;
  if (now?.state === 'right') return { ...outcome, after: now };
  const { object, what, wanted } = outcome.preparation;
  const error = new IngotError(
    'prepare.not-changed',
    `${object}, ${what}: expected ${wanted} after the change, found ${now?.found ?? 'nothing'}`,
    {
      evidence: now === undefined ? [] : [now.explain],
      remedy: 'vCenter took the change and shows something else: look at it in the vSphere Client, and run this again.',
    },
  );
  return { ...outcome, action: 'failed', error };
}

function keyOf({ part, object, what }: Preparation): string {
  return [part, object, what].join('\n');
}
