import type { Vsphere } from './connect.ts';
import { isFault } from './fault.ts';
import type { ReadOptions } from './properties.ts';
import type { CustomizationSpec, CustomizationSpecItem } from './vim25.gen.ts';
import type { VmRef } from './vm.ts';

/** From which version on vCenter says in `guest.customizationInfo` how far a customization is. */
export const CUSTOMIZATION_SINCE = '7.0.2.0';

/**
 * A specification that vCenter keeps; undefined if there is none of that name. Its passwords are encrypted for this
 * vCenter, which takes them back like that.
 */
export async function namedCustomization(
  vc: Vsphere,
  name: string,
  options: ReadOptions = {},
): Promise<CustomizationSpecItem | undefined> {
  const { customizationSpecManager } = vc.content;
  if (customizationSpecManager === undefined) return undefined;
  try {
    return await vc.call('GetCustomizationSpec', customizationSpecManager, { name }, options);
  } catch (error) {
    if (isFault(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** CheckCustomizationSpec: whether a specification fits the guest of a VM. Changes nothing; says so by a fault. */
export async function checkCustomization(
  vc: Vsphere,
  vm: VmRef,
  spec: CustomizationSpec,
  options: ReadOptions = {},
): Promise<void> {
  await vc.call('CheckCustomizationSpec', vm, { spec }, options);
}
