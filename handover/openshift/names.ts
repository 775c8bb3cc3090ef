import { IngotError } from '../../common/failure.ts';
import { missingFact } from '../missing-fact.ts';
import { LONGEST_MACHINE_SET_NAME as WINDOWS_NAME } from '../wmco.ts';

/** The name is the value of a label, too. */
const LABEL_VALUE = 63;
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** @throws IngotError `openshift.machine-set-name` */
function checkName(name: string, windows: boolean, remedy: string): string {
  const most = windows ? WINDOWS_NAME : LABEL_VALUE;
  if (name.length <= most && (windows ? LABEL : SUBDOMAIN).test(name)) return name;
  const reason = windows
    ? 'the machines of a MachineSet are called NAME-xxxxx, on vSphere that is the computer name, and Windows takes 15 characters at most'
    : 'the name is the value of a label, too';
  const found = name.length > most ? `${name} (${name.length} characters)` : name;
  throw new IngotError(
    'openshift.machine-set-name',
    `expected a MachineSet name of at most ${most} lower case letters, digits and hyphens, found ${found}: ${reason}`,
    { remedy },
  );
}

/** A failure domain of the image file by its place there. */
export interface Place {
  readonly index: number;
  readonly domain: string;
}

interface WindowsNames {
  readonly name: string | undefined;
  /** By failure domain. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * The name of a Windows MachineSet. Where there are several failure domains, the number of its own in the image file
 * stands behind `name`, so that it is the same whichever of them are asked for.
 *
 * @param place undefined: the only MachineSet
 * @throws IngotError `handover.missing-fact`, `openshift.machine-set-name`
 */
export function windowsSetName({ name, names }: WindowsNames, place: Place | undefined): string {
  const own = place === undefined ? undefined : names[place.domain];
  if (own !== undefined) return checkName(own, true, 'choose a shorter one');
  if (name === undefined) {
    throw missingFact({
      field: 'handover.openshift.machineSet.name',
      flag: '--name NAME',
      read: 'oc get machineset -n openshift-machine-api (the names that are taken)',
    });
  }
  const remedy = 'choose a shorter name (handover.openshift.machineSet.name, --name NAME)';
  if (place === undefined) return checkName(name, true, remedy);
  const numbered = `${name}-${place.index}`;
  return checkName(
    numbered,
    true,
    `choose a name of at most ${WINDOWS_NAME + name.length - numbered.length} characters, or write handover.openshift.machineSet.names: {${place.domain}: NAME}`,
  );
}

/** The name of an infra MachineSet, as OpenShift's documentation builds it: infrastructure name, role, zone. */
export function infraSetName(
  { name, infrastructureName }: { readonly name: string | undefined; readonly infrastructureName: string },
  zone: string | undefined,
): string {
  const stem = name ?? `${infrastructureName}-infra`;
  const remedy = 'choose a shorter name (handover.openshift.infraMachineSet.name, --name NAME)';
  return checkName(zone === undefined ? stem : `${stem}-${zone}`, false, remedy);
}

/** The names, if no two of them are the same. @throws IngotError `openshift.machine-set-name` */
export function different<T extends string | undefined>(names: readonly T[]): readonly T[] {
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new IngotError(
    'openshift.machine-set-name',
    `expected a name of its own for the MachineSet of each failure domain, found ${twice} twice`,
    { remedy: 'write another one in handover.openshift.machineSet.names' },
  );
}

/**
 * The Machine API looks paths up with govmomi's finder, which takes them for patterns (machine-api-operator,
 * pkg/controller/vsphere/reconciler.go; govmomi, find/finder.go): one with wildcards would lead elsewhere, or nowhere.
 *
 * @throws IngotError `openshift.wildcard`
 */
export function noWildcards(what: string, path: string): string {
  if (!/[*?[]/.test(path)) return path;
  throw new IngotError(
    'openshift.wildcard',
    `expected a ${what} without *, ? and [ in its path, found ${path}: the Machine API takes them for wildcards`,
    { remedy: `rename the ${what}, or the folder that it lies in` },
  );
}
