import { z } from 'zod';
import { parseJson } from '../../common/json.ts';
import { keys } from '../../image/names.ts';
import type { StepRecord } from '../../pipeline/records.ts';
import { layerName } from './layers.ts';
import type { Look } from './look.ts';

const recordSchema = z.object({
  step: z.string(),
  fingerprint: z.string(),
  output: z.json(),
  proof: z.array(z.string()),
  finishedAt: z.string(),
});

/** Without these there is no VM that other records could speak of. */
export const foundation: readonly string[] = ['answer-disc', 'upload-media', 'create-vm'];
/** Steps that end with the VM off and a snapshot. */
const layered: ReadonlySet<string> = new Set(['install-windows', 'windows-updates', 'master']);

/** Everybody with rights on the VM can write there: what is no record is no record. */
export function recordsOf(extraConfig: ReadonlyMap<string, string>): StepRecord[] {
  return [...extraConfig].flatMap(([key, value]) => {
    if (!key.startsWith(keys.step)) return [];
    const record = recordSchema.safeParse(parseJson(value));
    return record.success && keys.step + record.data.step === key ? [record.data] : [];
  });
}

/** The records, if all of them hold: the disks have what all these steps did, one upon the other. */
export function soundRecords(
  records: readonly StepRecord[],
  fingerprints: ReadonlyMap<string, string>,
): readonly StepRecord[] | undefined {
  const holds = records.every((record) => fingerprints.get(record.step) === record.fingerprint);
  // Not all of them are in each plan: nothing is uploaded for a Windows that is cloned.
  const wanted = foundation.filter((id) => fingerprints.has(id));
  return holds && wanted.every((id) => records.some((record) => record.step === id)) ? records : undefined;
}

/** The last record, if its step ends with a snapshot and there is none: a build broke off between the two. */
export function withoutSnapshot(records: readonly StepRecord[], { snapshots }: Look): StepRecord | undefined {
  const last = records.reduce((a, b) => (a.finishedAt > b.finishedAt ? a : b));
  return layered.has(last.step) && !snapshots.includes(layerName(last.step, last.fingerprint)) ? last : undefined;
}
