import { IngotError } from '../../common/failure.ts';
import { keys } from '../../image/names.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { isFault } from '../../vsphere/fault.ts';
import { destroy } from '../../vsphere/folder.ts';
import { sameName, unescapeName } from '../../vsphere/names.ts';
import { powerOff } from '../../vsphere/vm.ts';
import { ageOf, candidateMs, isOlder, type Leftover } from './leftover.ts';
import type { Center, Place } from './place.ts';
import type { ImageVms, VmFacts } from './vms.ts';
import { ageWords } from './words.ts';

/** What a broken build left: the clone of its smoke test, its candidate; and the templates beyond `template.keep`. */
export function judgeVms(center: Center, place: Place, vms: ImageVms): Leftover[] {
  const smoke = judgeClone(center, place, vms.smoke, ofSmokeTest);
  const exported = judgeClone(center, place, vms.exported, ofExport);
  const candidate = judgeCandidate(center, place, vms.candidate);
  // The disks of a linked clone are children of the candidate's.
  const needed = smoke.some(({ remove }) => remove === undefined);
  const why = `${place.names.smoke} may stand upon its disks`;
  const judged = needed ? candidate.map((leftover) => ({ ...leftover, why, remove: undefined })) : candidate;
  return [...smoke, ...exported, ...judged, ...judgeOld(center, place, vms)];
}

interface TemporaryClone {
  readonly kind: Leftover['kind'];
  readonly role: string;
  readonly why: string;
}

/** It may run: nobody shuts a clone down that is only looked at. */
const ofSmokeTest: TemporaryClone = {
  kind: 'smoke-clone',
  role: 'smoke',
  why: 'the smoke test of a build broke off, or kept it to be looked at',
};
const ofExport: TemporaryClone = { kind: 'export-clone', role: 'export', why: 'the export of a template broke off' };

function judgeClone(center: Center, place: Place, vm: VmFacts | undefined, clone: TemporaryClone): Leftover[] {
  const { config } = vm ?? {};
  if (vm === undefined || vm.isTemplate || config?.get(keys.image) !== place.image.name) return [];
  if (config.get(keys.role) !== clone.role) return [];
  const age = ageOf(vm.created, center.now);
  const limit = center.rules.olderThanMs ?? candidateMs;
  const kept = !isOlder(age, limit);
  const young = age === null ? 'of unknown age' : `younger than ${ageWords(limit)}`;
  const why = kept ? `${young}: a build may work on it` : clone.why;
  return [leftoverOf(center, place, vm, { kind: clone.kind, why, kept })];
}

/** Nothing of one that is not ours: ingot says nothing of what it did not make. */
function judgeCandidate(center: Center, place: Place, candidate: VmFacts | undefined): Leftover[] {
  if (candidate?.config === undefined || candidate.config.get(keys.image) !== place.image.name) return [];
  const role = candidate.config.get(keys.role);
  if (role !== 'candidate' && role !== 'template') return [];
  const limit = center.rules.olderThanMs ?? candidateMs;
  const reason = keepReason(candidate, role, ageOf(candidate.created, center.now), limit, place.names.template);
  const why = reason ?? 'a build broke off before it was sealed';
  return [leftoverOf(center, place, candidate, { kind: 'candidate', why, kept: reason !== undefined })];
}

/** Why a candidate of ours has to stay; undefined when a broken build left it and nobody needs it. */
function keepReason(
  { isTemplate, power }: Pick<VmFacts, 'isTemplate' | 'power'>,
  role: 'candidate' | 'template',
  ageMs: number | null,
  limitMs: number,
  template: string,
): string | undefined {
  if (isTemplate) return `whole: the next build gives it the name ${template}`;
  // What somebody deploys from a template has that template's marks.
  if (role === 'template') return 'sealed already, or deployed from a template: the next build replaces it';
  if (power !== 'poweredOff') return `${power}: a build may work on it`;
  if (isOlder(ageMs, limitMs)) return undefined;
  if (ageMs === null) return 'of unknown age: a build may work on it';
  return `younger than ${ageWords(limitMs)}: a build may work on it`;
}

/** Those that the next build would delete after it has published its own. */
function judgeOld(center: Center, place: Place, { template, old }: ImageVms): Leftover[] {
  const { image, names } = place;
  const { keep } = image.template;
  const stands = template?.isTemplate === true && template.config?.get(keys.image) === image.name;
  return old.map((vm, index) => {
    // Between the two renamings of a build that publishes no template has the name, and a former one may get it back.
    if (!stands) {
      const why = `no template has the name ${names.template} now: a build may be publishing one`;
      return leftoverOf(center, place, vm, { kind: 'old-template', why, kept: true });
    }
    const kept = index < keep;
    const why = kept ? `kept by template.keep: ${keep}` : `beyond template.keep: ${keep}`;
    return leftoverOf(center, place, vm, { kind: 'old-template', why, kept });
  });
}

function leftoverOf(
  center: Center,
  { image, templateFolderPath }: Place,
  vm: VmFacts,
  { kind, why, kept }: { readonly kind: Leftover['kind']; readonly why: string; readonly kept: boolean },
): Leftover {
  return {
    kind,
    vcenter: center.server,
    image: image.name,
    folder: templateFolderPath,
    name: unescapeName(vm.name),
    bytes: vm.bytes,
    since: vm.created,
    ageMs: ageOf(vm.created, center.now),
    why,
    needsMedia: false,
    remove: kept ? undefined : (signal) => destroyUnchanged(center, image.name, vm, image.timeouts.task, signal),
  };
}

/**
 * Destroys a VM if it still is what was judged: a build may have begun to work on it meanwhile.
 *
 * @throws IngotError `prune.changed`
 */
async function destroyUnchanged(
  { vc }: Center,
  image: string,
  { vm, name, isTemplate }: VmFacts,
  taskMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    const now = await vc.read(vm, ['name', 'config.extraConfig', 'config.template', 'runtime.powerState'], { signal });
    const marks = extraConfigMap(now['config.extraConfig']);
    const on = now['runtime.powerState'] !== 'poweredOff';
    const same = sameName(now.name, name) && now['config.template'] === isTemplate && marks.get(keys.image) === image;
    if (!same || (on && marks.get(keys.role) !== 'smoke')) throw changed(unescapeName(name));
    if (on) await powerOff(vc, vm, { signal, deadlineMs: taskMs, what: `powering off ${unescapeName(name)}` });
    await destroy(vc, vm, { signal, deadlineMs: taskMs, what: `deleting ${unescapeName(name)}` });
  } catch (error) {
    const gone = error instanceof IngotError && error.code === 'vsphere.gone';
    if (!gone && !isFault(error, 'ManagedObjectNotFound')) throw error;
  }
}

function changed(name: string): IngotError {
  return new IngotError('prune.changed', `expected ${name} to be as it was listed, found that it has changed since`, {
    retryable: true,
    remedy: 'a build or a person works with it: look again with ingot prune',
  });
}
