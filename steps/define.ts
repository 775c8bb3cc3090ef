import type { Guest } from '../guest/index.ts';
import type { Image } from '../image/index.ts';
import { stepsFor } from '../pipeline/step.ts';
import type { Digests } from './support/digests.ts';
import type { Names } from './support/names.ts';
import type { Vcenter } from './vcenter/index.ts';

/** What all steps of a build share. Everything in it is made when it is first asked for. */
export interface BuildEnv {
  /** Id of this build: sortable, unique. */
  readonly build: string;
  readonly names: Names;
  /** The connection to vCenter and what was found there; one a build. */
  vcenter(): Promise<Vcenter>;
  /** A session in the VM that is being built, powered on and reached if need be; one a boot. */
  guest(signal: AbortSignal): Promise<Guest>;
  /** Digests of local files. */
  readonly digests: Digests;
}

export const defineStep = stepsFor<Image, BuildEnv>();
