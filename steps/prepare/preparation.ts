import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { Datacenter } from '../../vsphere/inventory.ts';

/** The parts of `ingot prepare`, in the order in which they are changed: a role is set on folders that are there. */
export const parts = ['failure-domains', 'folders', 'pools', 'tags', 'storage-policy', 'port-groups', 'role'] as const;
export type Part = (typeof parts)[number];

/**
 * - `right`: as it is wanted;
 * - `wrong`: there, but otherwise; `change` mends it;
 * - `missing`: not there; `change` makes it;
 * - `manual`: not as it is wanted, and ingot cannot or must not change it; `steps` say how a person does.
 */
export type State = 'right' | 'wrong' | 'missing' | 'manual';

/** One thing in vCenter that the users of the template rely on: how it is, and how it should be. */
export interface Preparation {
  readonly part: Part;
  /** Inventory path of the object; of what is not in the inventory its kind and name: `tag category k8s-zone`. */
  readonly object: string;
  /** What of the object, in a few words: `tag us-east of k8s-region`. Unique with `part` and `object`. */
  readonly what: string;
  readonly state: State;
  /** How it is, in words: `not there`, `Accept`. */
  readonly found: string;
  /** How it should be, in words. */
  readonly wanted: string;
  /** Why it matters; a sentence or two. A person is shown it where something is not right. */
  readonly explain: string;
  /** What else is to be known of it, also when it is right. */
  readonly note?: string;
  /** For `manual`: what a person does, one step a line; names and commands as they are typed. */
  readonly steps?: readonly string[];
  /**
   * For `wrong` and `missing`: makes it so. Changes are made in order, a part at a time; each looks up what the ones
   * before have made. The part is read again afterwards: a change need not prove itself.
   */
  readonly change?: (signal: AbortSignal) => Promise<void>;
}

/** What the parts are read with. */
export interface PrepareContext {
  readonly vc: Vsphere;
  readonly image: Image;
  readonly signal: AbortSignal;
  /** A datacenter by name or inventory path, read once; throws `vsphere.not-found`. */
  datacenter(path: string): Promise<Datacenter>;
}

/**
 * Reads one part. It changes nothing. What cannot be looked at at all it throws; what is not there but should be made by
 * hand is a `manual` preparation.
 */
export type FindPreparations = (context: PrepareContext) => Promise<readonly Preparation[]>;
