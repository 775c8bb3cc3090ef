import type { Json } from '../common/json.ts';
import type { Redactor } from '../common/redactor.ts';
import type { Guest } from '../guest/index.ts';
import type { Image } from '../image/index.ts';
import type { Names, Role } from '../image/names.ts';
import type { IsoImage } from '../iso/writer/write.ts';
import { type Step, type StepDefinition, stepsFor } from '../pipeline/step.ts';
import type { SnapshotRef } from '../vsphere/snapshot.ts';
import type { IsoIntake } from './media/intake.ts';
import type { FoundSource } from './source/found.ts';
import type { Diagnostics } from './support/diagnostics.ts';
import type { Digests } from './support/digests.ts';
import { type RestartWish, withRestarts } from './support/restarts.ts';
import type { Vcenter } from './vcenter/index.ts';
import type { Lease } from './vcenter/lease.ts';
import type { VmRecords } from './vcenter/records.ts';

/** What all steps of a build share. Everything in it is made when it is first asked for. */
export interface BuildEnv extends RestartWish {
  /** Id of this build: sortable, unique. */
  readonly build: string;
  readonly names: Names;
  /** The connection to vCenter and what was found there; one a build. */
  vcenter(): Promise<Vcenter>;
  /** A session in the VM that is being built, powered on and reached if need be; one a boot. */
  guest(signal: AbortSignal, role?: Role): Promise<Guest>;
  /** Administrator's password in the Windows of a role; the same on each runner. Known to the redactor. */
  password(role: Role, signal: AbortSignal): Promise<string>;
  /** Ends the session in a Windows that is about to go. */
  closeGuest(role?: Role): void;
  /** What Windows says about a failure. */
  readonly diagnostics: Diagnostics;
  /** What finished steps left behind, on the VM itself. */
  readonly records: VmRecords;
  readonly redactor: Redactor;
  /** What one step makes and another sends, and what must not be recorded. */
  readonly held: {
    answerDisc?: IsoImage;
    /** What the password on the answer disc was derived with. */
    salt?: string;
    uploadedDisc?: string;
    hostKeys?: readonly string[];
    masterSnapshot?: SnapshotRef;
  };
  /** Path of a file that this build keeps beside its journal. */
  fileOf(name: string): string;
  /** Digests of local files. */
  readonly digests: Digests;
  /** Keeps other builds of the image away. */
  readonly lease: Lease;
  /** The Windows ISO. */
  readonly iso: IsoIntake;
  /** What Windows is cloned from in its place; looked up once. */
  source(): Promise<FoundSource>;
}

const define = stepsFor<Image, BuildEnv>();
type Needs = Readonly<Record<string, Step<Image, BuildEnv>>>;

/** A step of the procedure: what the engine wants (see StepDefinition), and what Windows may need besides. */
export function defineStep<
  Output,
  N extends Needs = Readonly<Record<never, never>>,
  Inputs extends Json = Record<string, never>,
>(
  definition: StepDefinition<Image, BuildEnv, N, Inputs, Output> & {
    /**
     * `if-needed`: while Windows wants a restart after `run`, it is restarted and `run` called again, which must find
     * nothing to do. See support/restarts.ts. The step's time-out has to allow for `timeouts.boot`.
     */
    readonly reboot?: 'if-needed';
  },
): Step<Image, BuildEnv, Output> {
  const { id, reboot, run } = definition;
  return define({ ...definition, run: (context) => withRestarts(id, context, reboot === 'if-needed', run) });
}
