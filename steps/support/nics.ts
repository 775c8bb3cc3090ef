import type { AnyVirtualDevice } from '../../vsphere/vim25.gen.ts';

/** Network adapters as ingot makes and changes them: VMXNET 3 and E1000E. */
type Nic = Extract<AnyVirtualDevice, { readonly $type: 'VirtualVmxnet3' | 'VirtualE1000e' }>;

export function isNic(device: AnyVirtualDevice): device is Nic {
  return device.$type === 'VirtualVmxnet3' || device.$type === 'VirtualE1000e';
}
