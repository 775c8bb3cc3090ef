import type { Json } from '../common/json.ts';

/** A finished step as it is kept: where its effects are, its record is. */
export interface StepRecord {
  readonly step: string;
  readonly fingerprint: string;
  readonly output: Json;
  readonly proof: readonly string[];
  /** ISO 8601 UTC. */
  readonly finishedAt: string;
  /** Why the record does not stand although its fingerprint does. */
  readonly void?: string | undefined;
}

/**
 * Where finished steps are remembered between builds. The truth lies with what the steps made, so a store decides
 * itself which of its records still hold: `load` gets all fingerprints of the plan and leaves out what is void.
 */
export interface RecordStore {
  load(fingerprints: ReadonlyMap<string, string>, signal: AbortSignal): Promise<ReadonlyMap<string, StepRecord>>;
  /**
   * Called once in a build (never in a plan), behind `load` and before the first recorded step: brings what the loaded
   * records speak of into the state that they describe.
   */
  adopt?(signal: AbortSignal, log: (message: string) => void): Promise<void>;
  /** Takes a record; may keep it back until `flush`. */
  save(record: StepRecord): void;
  /** Writes what was kept back. Called at the end of each build, whatever its end. */
  flush(): Promise<void>;
}

/** Remembers nothing beyond the process: for plans without a store, and for tests. */
export function memoryStore(
  records: Iterable<StepRecord> = [],
): RecordStore & { readonly all: Map<string, StepRecord> } {
  const all = new Map([...records].map((record) => [record.step, record]));
  return {
    all,
    load: async () => new Map(all),
    save: (record) => void all.set(record.step, record),
    flush: async () => undefined,
  };
}
