import { IngotError } from '../../common/failure.ts';
import type { SealedFacts } from '../../handover/sealed-facts.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { RecordStore, StepRecord } from '../../pipeline/records.ts';
import { writeExtraConfig } from '../../vsphere/extra-config.ts';
import type { OptionValue } from '../../vsphere/vim25.gen.ts';
import type { Vcenter } from './index.ts';
import { frozenConfig, type Layer, layerName, layersOf, revertTo } from './layers.ts';
import { foundation, recordsOf, soundRecords, withoutSnapshot } from './record-data.ts';
import { templateRecords } from './template-records.ts';

/** Steps whose effects are in the clone, not in the master: their records travel with it. */
const ofClone: ReadonlySet<string> = new Set(['clone', 'sysprep', 'seal', 'smoke-test', 'template']);
/** How long a finished step may go unwritten. */
const longestUnwrittenMs = 30_000;
/**
 * Records of finished steps in the extraConfig of what they made: those of the master on the master, those of the clone
 * on the template. They are written together, a few times a build; the journal on disk has the single steps.
 */
export interface VmRecords extends RecordStore {
  /** Records not written yet, as entries for a change that is made anyway. */
  pending(): readonly OptionValue[];
  /** Says which plan works in Windows from now on. Under another one, what a broken build left half done has to go. */
  plan(): OptionValue;
  /** What stays on the template: what it is, what it was made from, and the records of the clone. */
  sealed(template: {
    readonly build: string;
    readonly windows: string;
    readonly facts: SealedFacts;
  }): readonly OptionValue[];
  /** The fingerprint of a step in this plan. */
  fingerprintOf(step: string): string | undefined;
  /** No build can go on with this master: its records are taken back, so that the next one makes it anew. */
  abandon(): void;
  readonly abandoned: boolean;
}

/** @param lost aborted when another build works on the VMs: from then on nothing is written onto them */
export function vmRecords(image: Image, vcenter: () => Promise<Vcenter>, lost: AbortSignal): VmRecords {
  const waiting = new Map<string, StepRecord>();
  const clone = new Map<string, StepRecord>();
  let plan: ReadonlyMap<string, string> = new Map();
  let layer: Layer | undefined;
  let missing: StepRecord | undefined;
  /** What works on the master from now on is another plan than what it says. */
  let replanned = false;
  let abandoned = false;
  let writing: Promise<void> = Promise.resolve();

  /** Fingerprints of the records that were written in this build. */
  const written = new Map<string, string>();
  let lastWrite = Date.now();

  const take = (records: readonly StepRecord[]): OptionValue[] => {
    for (const record of records) {
      written.set(record.step, record.fingerprint);
      waiting.delete(record.step);
    }
    lastWrite = Date.now();
    return records.map((record) => ({ key: keys.step + record.step, value: JSON.stringify(record) }));
  };
  const planPrint = (): string => plan.get('master') ?? '';
  const pending = (): OptionValue[] => take([...waiting.values()]);

  async function write(): Promise<void> {
    // What a VM is made from is written with it and never into the one of before, which still stands meanwhile.
    const taken = [...waiting.values()].filter((record) => !foundation.includes(record.step));
    if (lost.aborted || (taken.length === 0 && !abandoned)) return;
    const entries = new Map(take(taken).map(({ key, value }) => [key, String(value)]));
    if (abandoned) for (const id of foundation) entries.set(keys.step + id, '');
    const signal = AbortSignal.timeout(image.timeouts.task);
    const center = await vcenter();
    try {
      const master = await center.look('master', signal);
      if (master === undefined) return; // nothing was made that a record could speak of
      const { vanished } = await writeExtraConfig(center.vc, master.machine.vm, entries, { signal });
      if (vanished.length > 0) throw vanishedRecords(vanished);
    } catch (error) {
      for (const record of taken) {
        written.delete(record.step);
        if (!waiting.has(record.step)) waiting.set(record.step, record);
      }
      throw error;
    }
  }

  /** One after the other: whoever awaits it knows that all is written, also what somebody else began to write. */
  function flush(): Promise<void> {
    const after = writing.catch(() => undefined).then(write);
    writing = after;
    return after;
  }

  return {
    async load(fingerprints, signal) {
      plan = fingerprints;
      const center = await vcenter();
      const [master, template, candidate] = await Promise.all([
        center.look('master', signal),
        center.look('template', signal),
        center.look('candidate', signal),
      ]);
      layer = undefined;
      const onMaster = recordsOf(master?.extraConfig ?? new Map());
      let sound = soundRecords(onMaster, fingerprints);
      const bare = sound && master && withoutSnapshot(sound, master);
      missing = master?.power === 'poweredOff' ? bare : undefined;
      // One that runs may be anything by now: a master must be what its snapshot holds.
      if (missing === undefined && bare?.step === 'master') sound = sound?.filter(({ step }) => step !== 'master');
      const worked = master?.extraConfig.get(keys.plan);
      const other = worked !== undefined && worked !== planPrint();
      // Steps that were not recorded leave something, too: of another plan nothing may stay.
      if (other && missing === undefined) sound = undefined;
      if (sound === undefined && master !== undefined) {
        // The deepest layer that still holds saves what lies below the first change.
        for (const lower of await layersOf(center.vc, master.machine.vm, fingerprints, signal)) {
          sound = soundRecords(recordsOf(await frozenConfig(center.vc, lower, signal)), fingerprints);
          if (sound === undefined) continue;
          layer = lower;
          break;
        }
      }
      replanned = layer !== undefined || (other && missing !== undefined);
      const lost = layer === undefined ? 'the VM is made anew' : `the VM goes back to its layer ${layer.step}`;
      const found = new Map<string, StepRecord>(onMaster.map((record) => [record.step, { ...record, void: lost }]));
      for (const record of sound ?? []) found.set(record.step, { ...record, void: undefined });
      const current = sound?.some(({ step }) => step === 'master') === true && layer === undefined;
      for (const record of await templateRecords(template, candidate, center, image, fingerprints, signal)) {
        found.set(record.step, { ...record, void: current ? record.void : 'the master is built again' });
      }
      return found;
    },
    async adopt(signal, log) {
      const center = await vcenter();
      if (await center.endSwap(signal))
        log(`an earlier build broke off: its template has the name ${image.template.name} now`);
      if (layer === undefined && missing === undefined) return;
      const master = await center.master(signal);
      if (missing !== undefined) {
        log(`an earlier build broke off before the snapshot of ${missing.step}: taking it now`);
        await master.snapshot(layerName(missing.step, missing.fingerprint), `The end of ${missing.step}`, signal);
      }
      if (layer !== undefined) {
        log(`taking ${master.name} back to its layer “${layer.name}”: what was built upon it has changed`);
        await master.powerOff(signal);
        await revertTo(center.vc, master.vm, layer, { signal, deadlineMs: image.timeouts.task });
        center.forget('master');
      }
      if (replanned) await writeExtraConfig(center.vc, master.vm, new Map([[keys.plan, planPrint()]]), { signal });
    },
    save(record) {
      if (ofClone.has(record.step)) clone.set(record.step, record);
      else if (written.get(record.step) !== record.fingerprint) waiting.set(record.step, record);
      // Written together where steps are quick; where they are slow a crash must not cost much. What fails here stays
      // waiting, and fails again where it is reported: at the end.
      if (Date.now() - lastWrite > longestUnwrittenMs) flush().catch(() => undefined);
    },
    pending,
    plan: () => ({ key: keys.plan, value: planPrint() }),
    sealed: ({ build, windows, facts }) => [
      { key: keys.image, value: image.name },
      { key: keys.build, value: build },
      { key: keys.role, value: 'template' },
      { key: keys.windows, value: windows },
      { key: keys.facts, value: JSON.stringify(facts) },
      { key: keys.fingerprint, value: plan.get('template') ?? '' },
      ...[...clone.values()].map((record) => ({ key: keys.step + record.step, value: JSON.stringify(record) })),
    ],
    fingerprintOf: (step) => plan.get(step),
    abandon() {
      abandoned = true;
    },
    get abandoned() {
      return abandoned;
    },
    flush,
  };
}

function vanishedRecords(vanished: readonly string[]): IngotError {
  return new IngotError(
    'records.vanished',
    'expected vCenter to keep the records of the build, found that some vanished',
    {
      evidence: vanished,
      remedy: 'the build is whole, but the next one will run these steps again; report the version of vCenter',
    },
  );
}
