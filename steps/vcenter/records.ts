import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import type { RecordStore, StepRecord } from '../../pipeline/records.ts';
import { writeExtraConfig } from '../../vsphere/extra-config.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import type { OptionValue } from '../../vsphere/vim25.gen.ts';
import { keys } from '../support/names.ts';
import type { Vcenter } from './index.ts';
import type { Look } from './look.ts';

const recordSchema = z.object({
  step: z.string(),
  fingerprint: z.string(),
  output: z.json(),
  proof: z.array(z.string()),
  finishedAt: z.string(),
});

/** Steps whose effects are in the clone, not in the master: their records travel with it. */
const ofClone: ReadonlySet<string> = new Set(['clone', 'sysprep', 'seal', 'template']);
/** Without these there is no VM that other records could speak of. */
const foundation = ['answer-disc', 'upload-media', 'create-vm'];

/**
 * Records of finished steps in the extraConfig of what they made: those of the master on the master, those of the clone
 * on the template. They are written together, a few times a build; the journal on disk has the single steps.
 */
export interface VmRecords extends RecordStore {
  /** Records not written yet, as entries for a change that is made anyway. */
  pending(): readonly OptionValue[];
  /** What stays on the template: what it is, what it was made from, and the records of the clone. */
  sealed(facts: { readonly build: string; readonly windows: string }): readonly OptionValue[];
}

export function vmRecords(image: Image, vcenter: () => Promise<Vcenter>): VmRecords {
  const waiting = new Map<string, StepRecord>();
  const clone = new Map<string, StepRecord>();
  let plan: ReadonlyMap<string, string> = new Map();

  const pending = (): OptionValue[] => {
    const entries = [...waiting.values()].map((record) => ({
      key: keys.step + record.step,
      value: JSON.stringify(record),
    }));
    waiting.clear();
    return entries;
  };

  return {
    async load(fingerprints, signal) {
      plan = fingerprints;
      const center = await vcenter();
      const [master, template] = await Promise.all([center.look('master', signal), center.look('template', signal)]);
      const records = recordsOf(master?.extraConfig ?? new Map());
      const holds = (record: StepRecord) => fingerprints.get(record.step) === record.fingerprint;
      // The disks hold what all these steps did, one upon the other: when one does not hold, none of them does.
      const sound = records.every(holds) && foundation.every((id) => records.some((record) => record.step === id));
      const found = new Map(sound ? records.map((record) => [record.step, record]) : []);
      const current = template?.extraConfig.get(keys.fingerprint) === fingerprints.get('template');
      if (sound && template?.isTemplate && current) {
        for (const record of await ofTemplate(template, center, image, fingerprints, signal))
          found.set(record.step, record);
      }
      return found;
    },
    save(record) {
      (ofClone.has(record.step) ? clone : waiting).set(record.step, record);
    },
    pending,
    sealed: ({ build, windows }) => [
      { key: keys.image, value: image.name },
      { key: keys.build, value: build },
      { key: keys.role, value: 'template' },
      { key: keys.windows, value: windows },
      { key: keys.fingerprint, value: plan.get('template') ?? '' },
      ...[...clone.values()].map((record) => ({ key: keys.step + record.step, value: JSON.stringify(record) })),
    ],
    async flush() {
      if (waiting.size === 0) return;
      const signal = AbortSignal.timeout(image.timeouts.task);
      const center = await vcenter();
      const master = await center.look('master', signal);
      if (master === undefined) return; // nothing was made that a record could speak of
      const entries = new Map(pending().map(({ key, value }) => [key, String(value)]));
      const { vanished } = await writeExtraConfig(center.vc, master.machine.vm, entries, { signal });
      if (vanished.length === 0) return;
      throw new IngotError(
        'records.vanished',
        'expected vCenter to keep the records of the build, found that some vanished',
        {
          evidence: vanished,
          remedy: 'the build is whole, but the next one will run these steps again; report the version of vCenter',
        },
      );
    },
  };
}

/**
 * The records of a template that has its name and this plan's fingerprint: those that were sealed into it, and those of
 * the last two steps, which could not be written any more and which its state itself proves.
 */
async function ofTemplate(
  { machine, extraConfig }: Look,
  { vc }: Vcenter,
  image: Image,
  fingerprints: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<StepRecord[]> {
  const path = await inventoryPath(vc, machine.vm, { signal });
  const sealed = recordsOf(extraConfig).filter((record) => fingerprints.get(record.step) === record.fingerprint);
  const last = sealed.at(-1)?.finishedAt ?? '';
  const proved = (step: string, output: Json, proof: string): StepRecord => ({
    step,
    fingerprint: fingerprints.get(step) ?? '',
    output,
    proof: [proof],
    finishedAt: last,
  });
  const output = { vm: machine.vm.value, name: image.template.name, inventoryPath: path, previous: null };
  return [
    ...sealed,
    proved('seal', { removed: [] }, 'sealed before it became the template'),
    proved('template', output, `${path} (${machine.vm.value}) is a template of these very inputs`),
  ];
}

/** Everybody with rights on the VM can write there: what is no record is no record. */
function recordsOf(extraConfig: ReadonlyMap<string, string>): StepRecord[] {
  return [...extraConfig].flatMap(([key, value]) => {
    if (!key.startsWith(keys.step)) return [];
    try {
      const record = recordSchema.safeParse(JSON.parse(value));
      return record.success && keys.step + record.data.step === key ? [record.data] : [];
    } catch {
      return [];
    }
  });
}
