import { IngotError } from '../common/failure.ts';
import { parseJson } from '../common/json.ts';
import { Problems } from '../common/problems.ts';
import type { Image } from '../image/index.ts';
import { keys } from '../image/names.ts';
import { vmsNamed } from '../vsphere/all-vms.ts';
import type { Vsphere } from '../vsphere/connect.ts';
import { extraConfigMap } from '../vsphere/extra-config.ts';
import { openDatacenter } from '../vsphere/inventory.ts';
import { findByPath, inventoryPath } from '../vsphere/inventory-path.ts';
import { escapeName, splitPath, unescapeName } from '../vsphere/names.ts';
import type { Ref } from '../vsphere/values.ts';
import { type SealedDns, type SealedFacts, sealedDnsSchema, sealedFactsSchema } from './sealed-facts.ts';

/** A VM or template as those who would use it see it. */
export interface FoundTemplate {
  readonly ref: Ref<'VirtualMachine'>;
  /** Absolute, names escaped: `/DC0/vm/images/windows`. */
  readonly inventoryPath: string;
  readonly name: string;
  /** Inventory paths of all VMs and templates of that name in this vCenter, this one included. */
  readonly sameName: readonly string[];
  readonly isTemplate: boolean;
  readonly power: string;
  /** The image that it is of, and what it is there (`template`), as ingot wrote it; undefined on what ingot did not make. */
  readonly image: string | undefined;
  readonly role: string | undefined;
  readonly build: string | undefined;
  /** `19042.508 ServerStandardACor (Server Core)`. */
  readonly windows: string | undefined;
  readonly facts: SealedFacts | undefined;
  readonly dns: SealedDns | undefined;
  /** Bytes of the first disk. */
  readonly diskBytes: number;
  /** How many disks it has. */
  readonly disks: number;
  /** 15 for vmx-15. */
  readonly hardwareVersion: number;
  readonly guestId: string;
  /** Datastores that its files are on, by name. */
  readonly datastores: readonly string[];
}

const paths = [
  'name',
  'config.extraConfig',
  'config.template',
  'config.version',
  'config.guestId',
  'config.hardware.device',
  'config.datastoreUrl',
  'runtime.powerState',
] as const;

/**
 * The template of an image, where its image file has it, or the object at another inventory path. It is only looked up:
 * `requireSealed` judges it.
 *
 * @throws IngotError `handover.no-template`; `vsphere.not-found` when datacenter or folder are missing
 */
export async function findTemplate(
  vc: Vsphere,
  image: Image,
  { signal, path }: { readonly signal: AbortSignal; readonly path?: string | undefined },
): Promise<FoundTemplate> {
  const wanted = path ?? (await templatePath(vc, image, signal));
  const found = await findByPath(vc, wanted, { signal });
  if (found?.type !== 'VirtualMachine') {
    const name = splitPath(wanted).at(-1) ?? '';
    const others = await vmsNamed(vc, name, { signal });
    throw new IngotError(
      'handover.no-template',
      `expected the template ${wanted}, found ${found === undefined ? 'nothing' : `a ${found.type}`} there`,
      {
        evidence: others.map((other) => `${other.path} has that name`),
        remedy:
          path === undefined
            ? `build it (ingot build ${image.file}), or correct template.name and template.folder`
            : 'give the full inventory path of a template: govc find / -type m -config.template true lists them',
      },
    );
  }
  const vm = { type: 'VirtualMachine', value: found.value } as const;
  const [values, where] = await Promise.all([vc.read(vm, paths, { signal }), inventoryPath(vc, vm, { signal })]);
  const extraConfig = extraConfigMap(values['config.extraConfig']);
  const disks = (values['config.hardware.device'] ?? []).flatMap((device) =>
    device.$type === 'VirtualDisk' ? [device.capacityInBytes ?? device.capacityInKB * 1024] : [],
  );
  return {
    ref: vm,
    inventoryPath: where,
    name: values.name,
    sameName: (await vmsNamed(vc, values.name, { signal })).map((named) => named.path),
    isTemplate: values['config.template'] === true,
    power: values['runtime.powerState'],
    image: extraConfig.get(keys.image),
    role: extraConfig.get(keys.role),
    build: extraConfig.get(keys.build),
    windows: extraConfig.get(keys.windows),
    facts: sealedFactsSchema.safeParse(parseJson(extraConfig.get(keys.facts))).data,
    dns: sealedDnsSchema.safeParse(parseJson(extraConfig.get(keys.dns))).data,
    diskBytes: disks[0] ?? 0,
    disks: disks.length,
    hardwareVersion: Number(/^vmx-(\d+)$/.exec(values['config.version'] ?? '')?.[1] ?? 0),
    guestId: values['config.guestId'] ?? '',
    datastores: (values['config.datastoreUrl'] ?? []).map(({ name }) => name),
  };
}

/** Where the image file has its template. */
async function templatePath(vc: Vsphere, { placement, template }: Image, signal: AbortSignal): Promise<string> {
  const center = await openDatacenter(vc, placement.datacenter, { signal });
  // The folder is a path, with names escaped in it; the name is as a person reads it.
  const folders = splitPath(template.folder).map((name) => escapeName(unescapeName(name)));
  return [`${center.path}/vm`, ...folders, escapeName(template.name)].join('/');
}

/**
 * A template that a cluster may clone: marked as one, off, and sealed by a build of this image.
 *
 * @param foreign what ingot did not seal is taken as well: who hands it over says so
 * @throws IngotError `handover.not-a-template`, `handover.powered-on`, `handover.not-sealed`; several at once
 */
export function requireSealed(
  found: FoundTemplate,
  image: Image,
  { foreign = false }: { readonly foreign?: boolean | undefined } = {},
): void {
  const problems = new Problems();
  const { inventoryPath: path, power, isTemplate } = found;
  if (power !== 'poweredOff')
    problems.add(
      new IngotError('handover.powered-on', `expected ${path} to be powered off, found it ${power}`, {
        remedy:
          'somebody started it: it is no sealed image any more, and its clones would share what it has become. Build it again (ingot build makes it anew)',
      }),
    );
  if (!isTemplate)
    problems.add(
      new IngotError('handover.not-a-template', `expected ${path} to be a template, found a VM`, {
        remedy: 'somebody converted it: rename that VM or move it away, and build again',
      }),
    );
  if (!foreign && (found.image !== image.name || found.role !== 'template'))
    problems.add(
      new IngotError(
        'handover.not-sealed',
        `expected ${path} to be sealed by a build of ${image.name}, found ${what(found)}`,
        {
          remedy: `build it (ingot build ${image.file}), or say with --foreign-template that you know that it is sealed`,
        },
      ),
    );
  problems.throwIfAny();
}

function what({ image, role }: FoundTemplate): string {
  if (image === undefined) return 'one that ingot did not make';
  return `the ${role ?? 'VM'} of the image ${image}`;
}
