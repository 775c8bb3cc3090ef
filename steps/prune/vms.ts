import { keys } from '../../image/names.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { escapeName } from '../../vsphere/names.ts';
import type { Ref } from '../../vsphere/values.ts';
import { isTooOld } from '../../vsphere/versions.ts';
import type { VirtualMachineFileLayoutEx } from '../../vsphere/vim25.gen.ts';
import { oldTemplates } from '../vcenter/look.ts';
import { formerName } from '../vcenter/publish.ts';
import type { Center, Place } from './place.ts';

/** A VM or template as prune judges it. */
export interface VmFacts {
  readonly vm: Ref<'VirtualMachine'>;
  readonly name: string;
  /** Its extraConfig; undefined while vCenter cannot read its configuration. */
  readonly config: ReadonlyMap<string, string> | undefined;
  readonly isTemplate: boolean;
  readonly power: string;
  readonly bytes: number | null;
  /** ISO 8601. */
  readonly created: string | null;
}

/** The VMs of an image: those that have its names, and the former templates that publish would judge, the newest first. */
export interface ImageVms {
  readonly master: VmFacts | undefined;
  readonly candidate: VmFacts | undefined;
  readonly template: VmFacts | undefined;
  /** The clone of a smoke test that broke off, or that somebody wanted to look at. */
  readonly smoke: VmFacts | undefined;
  /** The clone of an export that broke off. */
  readonly exported: VmFacts | undefined;
  readonly old: readonly VmFacts[];
}

const paths = ['name', 'config.extraConfig', 'config.template', 'runtime.powerState', 'layoutEx'] as const;

/** Looks an image's VMs up by their names. Whose they are is not judged here, but for the former templates. */
export async function readVms({ vc }: Center, place: Place, signal: AbortSignal): Promise<ImageVms> {
  const { image, names, folderPath, templateFolderPath, templateFolder } = place;
  const at = async (folder: string, name: string) => {
    const found = await findByPath(vc, `${folder}/${escapeName(name)}`, { signal });
    return found?.type === 'VirtualMachine' ? { type: found.type, value: found.value } : undefined;
  };
  const prefix = escapeName(formerName(names.template, ''));
  const [master, candidate, template, smoke, exported, former] = await Promise.all([
    at(folderPath, names.master),
    at(templateFolderPath, names.candidate),
    at(templateFolderPath, names.template),
    at(templateFolderPath, names.smoke),
    at(templateFolderPath, names.export),
    oldTemplates(vc, templateFolder, prefix, image.name, signal),
  ]);
  const old = former.map(({ vm }) => vm);
  const all = [master, candidate, template, smoke, exported, ...old].filter((vm) => vm !== undefined);
  // Older servers refuse to tell of a property that they do not know.
  const values = await vc.properties(all, isTooOld(vc.apiVersion) ? paths : [...paths, 'config.createDate'], {
    signal,
  });
  const facts = new Map(
    all.map((vm, index): [string, VmFacts] => {
      const { [index]: read } = values;
      const extraConfig = read?.['config.extraConfig'];
      const config = extraConfig === undefined ? undefined : extraConfigMap(extraConfig);
      const created = read !== undefined && 'config.createDate' in read ? read['config.createDate'] : undefined;
      return [
        vm.value,
        {
          vm,
          name: read?.name ?? '',
          config,
          isTemplate: read?.['config.template'] === true,
          power: read?.['runtime.powerState'] ?? 'unknown',
          bytes: sizeOf(read?.layoutEx),
          created: createdAt(created, config?.get(keys.build)),
        },
      ];
    }),
  );
  const factsOf = (vm: Ref | undefined) => (vm === undefined ? undefined : facts.get(vm.value));
  return {
    master: factsOf(master),
    candidate: factsOf(candidate),
    template: factsOf(template),
    smoke: factsOf(smoke),
    exported: factsOf(exported),
    old: old.flatMap((vm) => factsOf(vm) ?? []),
  };
}

/**
 * When a VM was created. vCenter says 1970 of those that are older than its knowledge of it; the id of the build that made
 * it begins with its time.
 */
function createdAt(createDate: string | undefined, build: string | undefined): string | null {
  if (Date.parse(createDate ?? '') > 0) return createDate ?? null;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(build ?? '') ?? [];
  return year === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

/** Bytes of all its files on datastores. */
function sizeOf(layout: VirtualMachineFileLayoutEx | undefined): number | null {
  if (layout?.file === undefined) return null;
  return layout.file.reduce((sum, { size, uniqueSize }) => sum + (uniqueSize ?? size), 0);
}
