import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { escapeName } from '../../vsphere/names.ts';
import type { Ref } from '../../vsphere/values.ts';
import { keys } from '../support/names.ts';
import type { Machine } from './machine.ts';

/** A VM of ours as it was when it was looked up. */
export interface Look {
  readonly machine: Machine;
  readonly extraConfig: ReadonlyMap<string, string>;
  readonly isTemplate: boolean;
  readonly power: string;
}

/**
 * The VM at an inventory path; undefined when there is none.
 *
 * @throws IngotError `vm.not-ours` when the name is taken by something that does not carry the image's name
 */
export async function lookUp(
  vc: Vsphere,
  path: string,
  image: string,
  machineOf: (vm: Ref<'VirtualMachine'>, name: string) => Machine,
  signal: AbortSignal,
): Promise<Look | undefined> {
  const found = await findByPath(vc, path, { signal });
  if (found === undefined) return undefined;
  if (found.type !== 'VirtualMachine') throw notOurs(path, `a ${found.type}`);
  const vm = { type: 'VirtualMachine', value: found.value } as const;
  const values = await vc.read(vm, ['config.extraConfig', 'config.template', 'runtime.powerState', 'name'], { signal });
  const extraConfig = extraConfigMap(values['config.extraConfig']);
  const owner = extraConfig.get(keys.image);
  if (owner !== image)
    throw notOurs(path, owner === undefined ? 'a VM that ingot did not make' : `a VM of the image ${owner}`);
  const name = values.name;
  return {
    machine: machineOf(vm, name),
    extraConfig,
    isTemplate: values['config.template'] === true,
    power: values['runtime.powerState'],
  };
}

function notOurs(path: string, found: string): IngotError {
  return new IngotError('vm.not-ours', `expected the name ${path} to be free or ours, found ${found}`, {
    remedy:
      'rename that object or choose another name for the image or its template; ingot never touches what it did not make',
  });
}

/** The templates that had the name before, the newest first; only those of this image. */
export async function oldTemplates(
  vc: Vsphere,
  folder: Ref<'Folder'>,
  template: string,
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
    .filter(({ name }) => name.startsWith(`${escapeName(template)}-before-`));
  const values = await vc.properties(
    before.map(({ vm }) => vm),
    ['config.extraConfig'],
    { signal },
  );
  return before
    .filter((_, index) => extraConfigMap(values[index]?.['config.extraConfig']).get(keys.image) === image)
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}
