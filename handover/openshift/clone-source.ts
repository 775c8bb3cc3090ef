import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import type { Image } from '../../image/index.ts';
import { openshiftOf } from '../../image/schema/openshift.ts';
import { GIB } from '../../image/units.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { requireFacts } from '../missing-fact.ts';
import { type FoundTemplate, findTemplate, requireSealed } from '../template.ts';
import { wmcoRelease } from '../wmco.ts';
import { type MachineSetFlags, readSets } from './facts.ts';
import type { Role } from './machine-set.ts';
import { noWildcards } from './names.ts';

/** What the machines are cloned from, and what that was checked for, in words. */
export interface CloneSource {
  readonly template: FoundTemplate;
  readonly templateNote: string;
  /** Whether Windows takes a larger disk when a clone starts first. */
  readonly extendOsPartition: 'on' | 'off' | 'unknown';
}

/**
 * The template of the image, sealed; for infrastructure nodes the Linux template that is named, which only has to be off.
 *
 * @throws IngotError of `findTemplate` and `requireSealed`; `handover.missing-fact`, `handover.powered-on` and
 *   `openshift.infra-template` for infrastructure nodes; `openshift.wildcard`
 */
export async function cloneSource(
  vc: Vsphere,
  image: Image,
  options: {
    readonly signal: AbortSignal;
    readonly role: Role;
    readonly flags: MachineSetFlags;
    readonly foreign?: boolean | undefined;
  },
): Promise<CloneSource> {
  const { signal, role, flags, foreign } = options;
  if (role === 'infra') return linuxTemplate(vc, image, flags.template, signal);
  const template = await findTemplate(vc, image, { signal, path: flags.template });
  requireSealed(template, image, { foreign });
  noWildcards('template', template.inventoryPath);
  const { image: name, role: kind, build } = template;
  const ours = name === image.name && kind === 'template';
  const sealed = ours ? `sealed by build ${build ?? 'of an unknown number'}` : 'not sealed by ingot, as you said';
  const extend = image.windows.sysprep.extendOsPartition ? 'on' : 'off';
  return {
    template,
    templateNote: templateNote(template, sealed),
    extendOsPartition: ours ? extend : 'unknown',
  };
}

async function linuxTemplate(
  vc: Vsphere,
  image: Image,
  path: string | undefined,
  signal: AbortSignal,
): Promise<CloneSource> {
  const facts = requireFacts({
    path: {
      value: path ?? openshiftOf(image.handover).infraMachineSet.template,
      field: 'handover.openshift.infraMachineSet.template',
      flag: '--template PATH',
      read: `${readSets('template')}, and its path: govc find / -type m -name NAME`,
    },
  });
  const template = await findTemplate(vc, image, { signal, path: facts.path });
  const problems = new Problems();
  if (template.power !== 'poweredOff')
    problems.add(
      new IngotError(
        'handover.powered-on',
        `expected ${template.inventoryPath} to be powered off, found it ${template.power}`,
        { remedy: 'somebody started it: name a template that nobody did' },
      ),
    );
  if (template.guestId.startsWith('windows'))
    problems.add(
      new IngotError(
        'openshift.infra-template',
        `expected a Linux template for infrastructure nodes, found ${template.inventoryPath} with the guest OS ${template.guestId}`,
        { remedy: "name the template of the cluster's own workers" },
      ),
    );
  problems.throwIfAny();
  noWildcards('template', template.inventoryPath);
  return { template, templateNote: templateNote(template, 'not made by ingot'), extendOsPartition: 'unknown' };
}

interface DiskOptions {
  /** Bytes; undefined: the template's. */
  readonly wanted: number | undefined;
  /** Of OpenShift; undefined: not known. */
  readonly version: string | undefined;
}

/**
 * The disk of the machines in GiB: as asked, or the template's, rounded up. The Machine API only enlarges the disk of a
 * template, and refuses templates with several (machine-api-operator, reconciler.go, getDiskSpec).
 *
 * @throws IngotError `openshift.disk`, `openshift.disks`, `openshift.hardware-version`; all at once
 */
export function diskGiB(template: FoundTemplate, { wanted, version }: DiskOptions): number {
  const problems = new Problems();
  const { inventoryPath: path, diskBytes, disks, hardwareVersion } = template;
  const least = Math.ceil(diskBytes / GIB);
  const asked = wanted === undefined ? least : Math.floor(wanted / GIB);
  if (asked < least || asked * GIB !== (wanted ?? asked * GIB))
    problems.add(
      new IngotError(
        'openshift.disk',
        `expected a disk of whole GiB and not smaller than the ${sizeText(diskBytes)} of the disk of ${path}, found ${sizeText(wanted ?? 0)}`,
        { remedy: `write disk: ${least}GiB or more, or leave it out; the Machine API cannot make a disk smaller` },
      ),
    );
  if (disks !== 1)
    problems.add(
      new IngotError(
        'openshift.disks',
        `expected ${path} to have one disk, found ${disks}: the Machine API refuses it`,
        {
          remedy: 'build the image without hardware.extraDisks',
        },
      ),
    );
  const oldest = leastHardware(version);
  if (hardwareVersion < oldest)
    problems.add(
      new IngotError(
        'openshift.hardware-version',
        `expected ${path} to have hardware version ${oldest} or later, found ${hardwareVersion}: the Machine API clones no older ones`,
        { remedy: `write hardware.version: ${oldest} or more and build again` },
      ),
    );
  problems.throwIfAny();
  return asked;
}

/** Hardware version that the Machine API clones at least: it looks at it from OpenShift 4.11 on (reconciler.go). */
function leastHardware(version: string | undefined): number {
  const { hardware } = version === undefined ? { hardware: undefined } : wmcoRelease(version).release;
  return version === undefined || hardware?.required === true ? 15 : 0;
}

/** `60 GiB`, `60.5 GiB`. */
export function sizeText(bytes: number): string {
  return `${Number((bytes / GIB).toFixed(2))} GiB`;
}

/** What a template was checked for, in words, with the others of its name. */
function templateNote(template: FoundTemplate, sealed: string): string {
  const others = template.sameName.filter((path) => path !== template.inventoryPath);
  const alike =
    others.length === 0
      ? 'the only VM or template of that name in this vCenter'
      : `by its path, since ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} that name, too`;
  return `${template.isTemplate ? 'a template' : 'a VM'}, powered off, ${sealed}; ${alike}`;
}
