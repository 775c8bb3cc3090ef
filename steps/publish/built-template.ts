import { parseJson } from '../../common/json.ts';
import { sealedFactsSchema } from '../../handover/sealed-facts.ts';
import { keys } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { BuiltTemplate } from './target.ts';

const paths = ['name', 'config.instanceUuid', 'config.extraConfig'] as const;

/** Reads the template as it is in vCenter: what is published of it is what it says, and not what a build believes. */
export async function readTemplate(
  vc: Vsphere,
  vm: Ref<'VirtualMachine'>,
  signal: AbortSignal,
): Promise<BuiltTemplate> {
  const [values, path] = await Promise.all([vc.read(vm, paths, { signal }), inventoryPath(vc, vm, { signal })]);
  const all = extraConfigMap(values['config.extraConfig']);
  const marks = new Map([...all].filter(([key]) => key.startsWith('ingot.')));
  return {
    vm,
    name: values.name,
    inventoryPath: path,
    instanceUuid: values['config.instanceUuid'] ?? '',
    build: marks.get(keys.build) ?? '',
    fingerprint: marks.get(keys.fingerprint) ?? '',
    windows: marks.get(keys.windows) ?? '',
    facts: sealedFactsSchema.safeParse(parseJson(marks.get(keys.facts))).data,
    marks,
  };
}
