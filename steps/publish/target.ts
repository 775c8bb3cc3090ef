import type { Json } from '../../common/json.ts';
import type { Redactor } from '../../common/redactor.ts';
import type { SealedFacts } from '../../handover/sealed-facts.ts';
import type { Image } from '../../image/index.ts';
import type { Progress } from '../../pipeline/step.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { Vcenter } from '../vcenter/index.ts';

/** The template of this build as it is in vCenter. It is off, and nothing of it can be changed but name and notes. */
export interface BuiltTemplate {
  readonly vm: Ref<'VirtualMachine'>;
  readonly name: string;
  /** Absolute, names escaped. */
  readonly inventoryPath: string;
  readonly instanceUuid: string;
  /** What ingot wrote onto it: the build that sealed it, and the fingerprint by which copies of it are recognised. */
  readonly build: string;
  readonly fingerprint: string;
  /** `19042.508 ServerStandardACor (Server Core)`. */
  readonly windows: string;
  readonly facts: SealedFacts | undefined;
  /** All `ingot.*` of its extraConfig. */
  readonly marks: ReadonlyMap<string, string>;
}

/** By what a published thing says which template it is of. */
export interface Mark {
  readonly image: string;
  readonly build: string;
  readonly fingerprint: string;
}

/** What a template was made of, by digests. */
export interface Provenance {
  /** Version of the ingot that publishes. */
  readonly ingot: string;
  /** SHA-256 of the image file, without the values of its variables. */
  readonly imageFile: string;
  /** SHA-256 of the Windows ISO; null where Windows did not come from one. */
  readonly iso: string | null;
  /** Fingerprints of the steps, of which those of their scripts are part. */
  readonly steps: Readonly<Record<string, string>>;
}

/** What a target has to work with before there is a template. */
export interface CheckContext {
  readonly image: Image;
  readonly center: Vcenter;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  warn(message: string): void;
}

export interface PublishContext extends CheckContext {
  /** Id of this build, which may have taken its template from an earlier one. */
  readonly build: string;
  readonly template: BuiltTemplate;
  readonly mark: Mark;
  /** What the targets of earlier stages gave, and the fields of those that failed. */
  readonly published: readonly Published[];
  readonly failed: readonly string[];
  /** What the template was made of. */
  readonly provenance: Provenance;
  /** Path on this machine for what has to be kept for a while. */
  fileOf(name: string): string;
  progress(progress: Progress | string): void;
  log(message: string): void;
}

/** That the template is where it should be, as it was read back there. */
export interface Published {
  /** Where, for a person: `content library images: windows-server-20h2 (OVF, version 3)`. */
  readonly where: string;
  /** False: all of it was there already, and nothing was written. */
  readonly changed: boolean;
  /** What was read back, one line each. */
  readonly proof: readonly string[];
  /** The same as data, for latest.json and the webhook; the same for the same template, whichever build looks. */
  readonly facts: { readonly kind: string; readonly [fact: string]: Json };
}

/** One place that the template goes to. Built from the image file alone; asks nobody anything before it is called. */
export interface PublishTarget {
  /** The field of the image file that asks for it: `publish.contentLibraries[0]`. */
  readonly field: string;
  /** What it will do, for `ingot plan`: `content library images: item windows-server-20h2 (OVF)`. */
  readonly what: string;
  /** Bytes cross this machine or vCenter: how long `publish` may take, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Reads the template through an export lease, which keeps others from the VM (vSphere API, HttpNfcLease): one such
   * target at a time.
   */
  readonly exclusive?: boolean;
  /** Whether it could be done, asked before the build starts: changes nothing, throws an IngotError that says what is missing. */
  check(context: CheckContext): Promise<void>;
  /** Looks first and changes only what differs; killed half way and called again, the end is the same. */
  publish(context: PublishContext): Promise<Published>;
}
