import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { isFault } from './fault.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import type { CustomFieldDef } from './vim25.gen.ts';

type VmRef = Ref<'VirtualMachine'>;

/** The custom attributes that VMs can have, by name: those for VMs only, and those for all objects. */
export async function customFieldsOfVms(
  vc: Vsphere,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, CustomFieldDef>> {
  const { field = [] } = await vc.read(managerOf(vc), ['field'], options);
  const fitting = field.filter(({ managedObjectType: type }) => [undefined, '', 'VirtualMachine'].includes(type));
  return new Map(fitting.map((def) => [def.name, def]));
}

/** Values of a VM's custom attributes, by the key of the attribute. */
export async function customValues(
  vc: Vsphere,
  vm: VmRef,
  options: ReadOptions = {},
): Promise<ReadonlyMap<number, string>> {
  const { customValue = [] } = await vc.read(vm, ['customValue'], options);
  return new Map(
    customValue.flatMap((value) =>
      value.$type === 'CustomFieldStringValue' ? [[value.key, value.value] as const] : [],
    ),
  );
}

/** Makes a custom attribute for VMs; one that somebody made at this moment is taken. Needs Global.ManageCustomFields. */
export async function addCustomField(vc: Vsphere, name: string, options: ReadOptions = {}): Promise<number> {
  try {
    const made = await vc.call('AddCustomFieldDef', managerOf(vc), { name, moType: 'VirtualMachine' }, options);
    return made.key;
  } catch (error) {
    const found = isFault(error, 'DuplicateName') ? (await customFieldsOfVms(vc, options)).get(name) : undefined;
    if (found !== undefined) return found.key;
    throw error;
  }
}

/** Sets a custom attribute of a VM. Needs Global.SetCustomField on it. */
export async function setCustomField(
  vc: Vsphere,
  vm: VmRef,
  key: number,
  value: string,
  options: ReadOptions = {},
): Promise<void> {
  await vc.call('SetField', managerOf(vc), { entity: vm, key, value }, options);
}

function managerOf({ content }: Vsphere): Ref<'CustomFieldsManager'> {
  if (content.customFieldsManager !== undefined) return content.customFieldsManager;
  throw new IngotError('vsphere.answer', 'expected a CustomFieldsManager in the service content, found none', {
    remedy: 'ESXi without vCenter has no custom attributes: leave them out',
  });
}
