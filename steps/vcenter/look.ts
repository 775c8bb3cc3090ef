import { IngotError } from '../../common/failure.ts';
import { keys, type Role } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { flattenSnapshots } from '../../vsphere/snapshot.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { Machine } from './machine.ts';

/** A VM of ours as it was when it was looked up. */
export interface Look {
  readonly machine: Machine;
  readonly extraConfig: ReadonlyMap<string, string>;
  readonly isTemplate: boolean;
  readonly power: string;
  /** Names of all its snapshots. */
  readonly snapshots: readonly string[];
}

/** What a VM of a role calls itself: the candidate is sealed as what it is to become. */
const rolesOf: Readonly<Record<Role, readonly string[]>> = {
  master: ['master'],
  candidate: ['candidate', 'template'],
  template: ['template'],
  smoke: ['smoke'],
};

/**
 * What stands in the notes of a VM that a library has deployed for a build, until the build has written its keys onto it:
 * a deployment takes no others.
 */
export const unfinishedMark = (image: string): string =>
  `Deployed by ingot for ${image}, and not finished: the next build deletes it.`;

const paths = [
  'config.annotation',
  'config.extraConfig',
  'config.template',
  'runtime.powerState',
  'name',
  'snapshot.rootSnapshotList',
] as const;

/**
 * The VM of a role at an inventory path; undefined when there is none. The image's name alone does not make it ours: what
 * is deployed from a template inherits that.
 *
 * @throws IngotError `vm.not-ours` when the name is taken by something else, `vm.unreadable`, `template.converted`
 */
export async function lookUp(
  vc: Vsphere,
  path: string,
  wanted: { readonly image: string; readonly role: Role },
  machineOf: (vm: Ref<'VirtualMachine'>, name: string) => Machine,
  signal: AbortSignal,
): Promise<Look | undefined> {
  const found = await findByPath(vc, path, { signal });
  if (found === undefined) return undefined;
  if (found.type !== 'VirtualMachine') throw notOurs(path, `a ${found.type}`);
  const vm = { type: 'VirtualMachine', value: found.value } as const;
  const values = await vc.read(vm, paths, { signal });
  if (values['config.extraConfig'] === undefined) throw unreadable(path);
  const deployed = wanted.role === 'master' || wanted.role === 'candidate';
  const unfinished = deployed && values['config.annotation'] === unfinishedMark(wanted.image);
  const marks = [
    [keys.image, wanted.image],
    [keys.role, wanted.role],
  ] as const;
  // What came with the item is of another image, or of none.
  const extraConfig = unfinished ? new Map<string, string>(marks) : extraConfigMap(values['config.extraConfig']);
  const owner = extraConfig.get(keys.image);
  if (owner !== wanted.image)
    throw notOurs(path, owner === undefined ? 'a VM that ingot did not make' : `a VM of the image ${owner}`);
  const isTemplate = values['config.template'] === true;
  const power = values['runtime.powerState'];
  const role = extraConfig.get(keys.role) ?? 'none';
  if (!rolesOf[wanted.role].includes(role) || (wanted.role === 'master' && isTemplate))
    throw notOurs(path, `${isTemplate ? 'a template' : 'a VM'} of this image that is not its ${wanted.role} (${role})`);
  if (wanted.role === 'template' && !isTemplate) throw converted(path, power);
  return {
    machine: machineOf(vm, values.name),
    extraConfig,
    isTemplate,
    power,
    snapshots: flattenSnapshots(values['snapshot.rootSnapshotList']).map((snapshot) => snapshot.name),
  };
}

function notOurs(path: string, found: string): IngotError {
  return new IngotError('vm.not-ours', `expected the name ${path} to be free or ours, found ${found}`, {
    remedy:
      'rename that object or choose another name for the image or its template; ingot never touches what it did not make',
  });
}

/** A template never becomes a VM by ingot's doing; somebody uses this one. */
function converted(path: string, power: string): IngotError {
  return new IngotError('template.converted', `expected ${path} to be a template, found a VM (${power})`, {
    remedy:
      'somebody converted the template: rename that VM, or delete it if nobody needs it; ingot neither moves nor deletes it',
  });
}

function unreadable(path: string): IngotError {
  return new IngotError('vm.unreadable', `expected to read the configuration of ${path}, found that vCenter has none`, {
    remedy:
      'it is being made or cloned (by a build that was cut off, too), or its host or datastore is out of reach: build again when vCenter shows it',
    retryable: true,
  });
}

/**
 * The templates that had the name before, the newest first; only those of this image. What was converted to a VM, and
 * what has a snapshot, on which linked clones may stand, is somebody's.
 */
export async function oldTemplates(
  vc: Vsphere,
  folder: Ref<'Folder'>,
  prefix: string,
  image: string,
  signal: AbortSignal,
): Promise<readonly { readonly vm: Ref<'VirtualMachine'>; readonly name: string }[]> {
  const { childEntity = [] } = await vc.read(folder, ['childEntity'], { signal });
  const vms = childEntity
    .filter((child) => child.type === 'VirtualMachine')
    .map(({ value }) => ({ type: 'VirtualMachine', value }) as const);
  const named = await vc.properties(vms, ['name'], { signal });
  const before = vms
    .map((vm, index) => ({ vm, name: named[index]?.name ?? '' }))
    .filter(({ name }) => name.startsWith(prefix));
  const values = await vc.properties(
    before.map(({ vm }) => vm),
    ['config.extraConfig', 'config.template', 'snapshot.rootSnapshotList'],
    { signal },
  );
  return before
    .filter((_, index) => {
      const { [index]: read } = values;
      const owner = extraConfigMap(read?.['config.extraConfig']).get(keys.image);
      const snapshots = read?.['snapshot.rootSnapshotList'] ?? [];
      return owner === image && read?.['config.template'] === true && snapshots.length === 0;
    })
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}
