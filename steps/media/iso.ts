import type { Json } from '../../common/json.ts';
import type { Patch } from '../../iso/patch.ts';
import type { RangedSource } from '../../iso/source.ts';

/** The Windows ISO where it lies: read in ranges to know what is on it, and as a whole to bring it to the datastore. */
export interface Iso {
  /** As the image file names it. */
  readonly name: string;
  /** The last part of its path or URL. */
  readonly fileName: string;
  /** Reads in ranges; `size` is in bytes. */
  readonly source: RangedSource;
  /** `[datastore] path`, when vCenter has it already: a VM can use it as it is. */
  readonly datastorePath?: string | undefined;
  /** Reading it costs as much as uploading it. */
  readonly remote: boolean;
  /** SHA-256 of its content with these patches applied, if that is known without reading it. */
  known(patches: readonly Patch[]): Promise<string | undefined>;
  /** Remembers the SHA-256 of what was just read from its beginning to its end, with these patches applied. */
  learn(patches: readonly Patch[], sha256: string): Promise<void>;
  /** All bytes from the beginning. */
  stream(signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Patches as plain JSON, to know a digest by. */
export function patchesJson(patches: readonly Patch[]): Json {
  return patches.map(({ offset, bytes }) => ({ offset, bytes: Buffer.from(bytes).toString('hex') }));
}
