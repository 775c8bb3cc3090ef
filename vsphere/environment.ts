import type { Vsphere } from './connect.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import type { VirtualMachineConfigOption } from './vim25.gen.ts';

/**
 * What a compute offers for a hardware version (`vmx-15`) and, where given, for these guest ids. The version has to be
 * named: without it the host's default version answers, which hides newer guest ids. undefined if the version is not
 * supported there.
 */
export function queryConfigOption(
  vc: Vsphere,
  browser: Ref<'EnvironmentBrowser'>,
  spec: {
    readonly key: string;
    readonly guestId?: readonly string[] | undefined;
    readonly host?: Ref<'HostSystem'> | undefined;
  },
  options: ReadOptions = {},
): Promise<VirtualMachineConfigOption | undefined> {
  return vc.call('QueryConfigOptionEx', browser, { spec }, options);
}
