import type { Vsphere } from './connect.ts';
import type { ReadOptions } from './properties.ts';
import type { TaskOptions } from './task.ts';
import type { AnyValue, Ref } from './values.ts';
import { reconfigure } from './vm.ts';

/** The VM's extraConfig (also of a template) as a map. Values come back normalised: `true` as `TRUE`. */
export async function readExtraConfig(
  vc: Vsphere,
  vm: Ref<'VirtualMachine'>,
  options: ReadOptions = {},
): Promise<Map<string, string>> {
  const values = await vc.read(vm, ['config.extraConfig'], options);
  return extraConfigMap(values['config.extraConfig']);
}

/** `config.extraConfig` as it is read or watched, as a map. */
export function extraConfigMap(
  options: readonly { readonly key: string; readonly value?: AnyValue | undefined }[] | undefined,
): Map<string, string> {
  return new Map((options ?? []).map(({ key, value }) => [key, value === undefined ? '' : String(value)]));
}

/**
 * Writes keys in one reconfiguration ('' removes one) and reads them back: some vanish without a fault (those that have
 * a typed property, `svga.vramSize`, `logging`, `vmx.*` on 9.0). Returns the keys that are not there as written.
 */
export async function writeExtraConfig(
  vc: Vsphere,
  vm: Ref<'VirtualMachine'>,
  entries: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
  options: TaskOptions = {},
): Promise<{ readonly vanished: readonly string[]; readonly all: ReadonlyMap<string, string> }> {
  const wanted = new Map(entries instanceof Map ? entries : Object.entries(entries));
  if (wanted.size > 0) {
    const extraConfig = [...wanted].map(([key, value]) => ({ key, value }));
    await reconfigure(vc, vm, { extraConfig }, options);
  }
  const all = await readExtraConfig(vc, vm, { signal: options.signal });
  const vanished = [...wanted].filter(([key, value]) => !isKept(all.get(key) ?? '', value)).map(([key]) => key);
  return { vanished, all };
}

function isKept(found: string, written: string): boolean {
  return found === written || (/^(true|false)$/i.test(written) && found.toLowerCase() === written.toLowerCase());
}
