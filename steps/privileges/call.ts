import type { Image } from '../../image/index.ts';
import type { Methods } from '../../vsphere/vim25.gen.ts';
import type { documented } from './documented.ts';
import type { ObjectKind } from './objects.ts';

/** What decides whether a call is made; undefined: not known where it is asked. */
export interface Facts {
  readonly image: Image;
  /** What the Windows ISO does before it boots (steps/media/facts.ts). */
  readonly bootPrompt?: string | undefined;
  /** False where the datastore has no plain folders at its root: vSAN, vVols. */
  readonly topLevelDirectories?: boolean | undefined;
}

/** When a call is made. Where that is not known yet its privileges are asked for, and said to be for this case. */
export interface Condition {
  /** `the datastore is vSAN or vVols`. */
  readonly text: string;
  holds(facts: Facts): boolean | undefined;
}

type Table = typeof documented;
type PartOf<M> = M extends keyof Table
  ? Table[M] extends { readonly parts: infer P }
    ? { readonly parts: readonly (keyof P)[] }
    : { readonly parts?: undefined }
  : { readonly parts?: undefined };

/** One method of the API, or request of another kind, that a step makes. */
export type Call = {
  [M in keyof Methods | keyof Table]: {
    readonly method: M;
    /** What it is called on; for a VM the folder that it is in. */
    readonly on: ObjectKind;
    /** Where a clone is put; default the folder of the template. */
    readonly into?: ObjectKind;
    /** The network that it connects a NIC to; default the networks of the VM. */
    readonly network?: ObjectKind;
    readonly when?: Condition;
    /** Why a build that runs through does not make it. It is asked for all the same: without it the others end badly. */
    readonly rarely?: string;
  } & PartOf<M>;
}[keyof Methods | keyof Table];

export type CallName = Call['method'];
