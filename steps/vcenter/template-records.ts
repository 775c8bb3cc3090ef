import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepRecord } from '../../pipeline/records.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { escapeName } from '../../vsphere/names.ts';
import type { Vcenter } from './index.ts';
import type { Look } from './look.ts';
import { recordsOf } from './record-data.ts';

/**
 * The records of the template: those that were sealed into it, and those of the last two steps, which could not be written
 * any more and which its state itself proves. A candidate that is marked as a template already is whole as well: only its
 * name is due.
 */
export async function templateRecords(
  template: Look | undefined,
  candidate: Look | undefined,
  { vc }: Vcenter,
  image: Image,
  fingerprints: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<StepRecord[]> {
  const whole = [template, candidate?.isTemplate ? candidate : undefined].filter((look) => look !== undefined);
  const isCurrent = (look: Look) => look.extraConfig.get(keys.fingerprint) === fingerprints.get('template');
  const look = whole.find(isCurrent) ?? whole[0];
  if (look === undefined) return [];
  const { machine, extraConfig } = look;
  const fingerprint = extraConfig.get(keys.fingerprint) ?? '';
  const current = isCurrent(look);
  const { name } = image.template;
  // Only what is shown of a template that stands needs its path.
  const path = current ? (await inventoryPath(vc, machine.vm, { signal })).replace(/[^/]*$/, escapeName(name)) : name;
  const sealed = recordsOf(extraConfig);
  const last = sealed.at(-1)?.finishedAt ?? '';
  const proved = (step: string, print: string, output: Json, proof: string): StepRecord => ({
    step,
    fingerprint: print,
    output,
    proof: [proof],
    finishedAt: last,
  });
  const output = { vm: machine.vm.value, name, inventoryPath: path, previous: null };
  const sealPrint = current ? (fingerprints.get('seal') ?? '') : '';
  // What has become a template takes no further step: what it was made of is made anew for the next one.
  const gone = current ? undefined : 'the template is of other inputs, and its clone is made anew';
  const records = [
    ...sealed.map((record) => ({ ...record, void: gone })),
    proved('seal', sealPrint, { removed: [] }, 'sealed before it became the template'),
    proved('template', fingerprint, output, `${path} (${machine.vm.value}) is a template of these very inputs`),
  ];
  // Beside a template that has the name, the candidate has to be given it by the step itself; where there is none, `adopt` does.
  return look === candidate && template !== undefined ? records.slice(0, -1) : records;
}
