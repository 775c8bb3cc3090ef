/** What builds leave behind, in the order in which it is removed: what holds a password goes first. */
export const leftoverKinds = [
  'answer-disc',
  'partial-upload',
  'media',
  'media-record',
  'smoke-clone',
  'export-clone',
  'candidate',
  'old-template',
] as const;
export type LeftoverKind = (typeof leftoverKinds)[number];

/** Something that builds left in a vCenter, and whether it can go. */
export interface Leftover {
  readonly kind: LeftoverKind;
  /** Host name of the vCenter, as the image file says it. */
  readonly vcenter: string;
  /** Name of the image whose it is; null: all images share it. */
  readonly image: string | null;
  /** `[datastore] folder`, or the inventory path of a VM folder. */
  readonly folder: string;
  /** Name of the file or VM in its folder. */
  readonly name: string;
  /** Bytes on datastores; null where vCenter does not say. */
  readonly bytes: number | null;
  /** ISO 8601: when a file was written last, when a VM was created; null where vCenter does not say. */
  readonly since: string | null;
  /** Milliseconds from then to the present time of vCenter. */
  readonly ageMs: number | null;
  /** Why it is not needed, or why it is kept all the same. */
  readonly why: string;
  /** Only that `--media` is not given keeps it. */
  readonly needsMedia: boolean;
  /** Removes it; undefined: it is kept. What is gone already is no failure. */
  readonly remove: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** What decides beside the facts in vCenter. */
export interface PruneRules {
  /** Milliseconds, in the place of each kind's own limit. */
  readonly olderThanMs?: number | undefined;
  /** Also remove the media that all images share. */
  readonly media: boolean;
}

/** Milliseconds for which media that no VM has in a drive are kept. */
export const mediaMs = 30 * 86_400_000;
/** Milliseconds for which a candidate may belong to a build that runs: none takes that long. */
export const candidateMs = 24 * 3_600_000;

/** Milliseconds since a time as vCenter says it, by its own clock; null where it does not say. */
export function ageOf(since: string | null | undefined, now: number): number | null {
  const age = now - Date.parse(since ?? '');
  return Number.isNaN(age) ? null : age;
}

/** Whether it is certain that something is that old. */
export function isOlder(ageMs: number | null, limitMs: number): boolean {
  return ageMs !== null && ageMs >= limitMs;
}
