import { Problems } from '../../common/problems.ts';
import type { Image } from '../../image/index.ts';
import { openshiftOf } from '../../image/schema/openshift.ts';
import { defaultHealthCheck } from '../../image/schema/openshift-machineset.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { type Datacenter, openDatacenter } from '../../vsphere/inventory.ts';
import type { Manifest } from '../manifest.ts';
import { requireFacts } from '../missing-fact.ts';
import { machineAutoscaler, machineHealthCheck } from './beside.ts';
import { type CloneSource, cloneSource, diskGiB } from './clone-source.ts';
import { infrastructureName, type MachineSetFlags } from './facts.ts';
import type { Role } from './machine-set.ts';
import { different, infraSetName, windowsSetName } from './names.ts';
import { type Machine, type VsphereMachineSet, vsphereMachineSet } from './vsphere-machine-set.ts';
import { machineOf, wantedWorkspace } from './wanted.ts';
import { findWorkspace } from './workspace.ts';
import { type Zone, zonesOf } from './zones.ts';

export interface VsphereOptions {
  readonly signal: AbortSignal;
  readonly role: Role;
  readonly flags: MachineSetFlags;
  /** Takes a Windows template that ingot did not seal. */
  readonly foreign?: boolean | undefined;
}

/** What all MachineSets of one run share. */
type Shared = Pick<
  VsphereMachineSet,
  'infrastructureName' | 'template' | 'templateNote' | 'extendOsPartition' | 'machine'
>;

/**
 * The MachineSets on vSphere, one for each failure domain, with what is asked for beside them. All that is missing or
 * wrong is thrown at once.
 */
export async function vsphereMachineSets(vc: Vsphere, image: Image, options: VsphereOptions): Promise<Manifest[]> {
  const { role, flags } = options;
  const problems = new Problems();
  const shared = await sharedOf(vc, image, options, problems);
  const zones = (await problems.gather(() => zonesOf(image.handover.failureDomains, flags.zone))) ?? [];
  // A fact that is missing for all of them is told once.
  const wanted = await problems.gather(() =>
    zones.map((zone) => ({ zone, place: wantedWorkspace(image, zone.domain, role, flags) })),
  );
  const names = await problems.gather(() => different(zones.map((zone) => nameOf(image, zone, options))));
  const center = datacenters(vc, options.signal);
  const places = await Promise.all(
    (wanted ?? []).map(async ({ zone, place }, index) => ({
      zone,
      name: names?.[index],
      workspace: await problems.gather(async () =>
        findWorkspace(vc, await center(place.datacenter), place, options.signal),
      ),
    })),
  );
  problems.throwIfAny();
  return places.flatMap(({ zone, name, workspace }) => {
    if (shared === undefined || name === undefined || workspace === undefined) return [];
    const { infraMachineSet, machineSet } = openshiftOf(image.handover);
    const set = role === 'infra' ? infraMachineSet : machineSet;
    const replicas = flags.replicas ?? set.replicas;
    const autoscaler = flags.autoscaler ?? set.autoscaler;
    const healthCheck = set.healthCheck ?? (flags.healthCheck === true ? defaultHealthCheck(role) : undefined);
    return [
      vsphereMachineSet({
        ...shared,
        name,
        role,
        replicas,
        taints: set.taints,
        nodeLabels: role === 'infra' ? infraMachineSet.nodeLabels : { 'node-role.kubernetes.io/worker': '' },
        workspace,
        server: set.server ?? image.vcenter.server,
        domain: zone.domain,
      }),
      ...(autoscaler === undefined ? [] : [machineAutoscaler(name, autoscaler)]),
      ...(healthCheck === undefined ? [] : [machineHealthCheck(name, healthCheck, replicas)]),
    ];
  });
}

/** Opens each datacenter once: that reads all of it but its VMs. */
function datacenters(vc: Vsphere, signal: AbortSignal): (path: string) => Promise<Datacenter> {
  const opened = new Map<string, Promise<Datacenter>>();
  return (path) => {
    const center = opened.get(path) ?? openDatacenter(vc, path, { signal });
    opened.set(path, center);
    return center;
  };
}

async function sharedOf(
  vc: Vsphere,
  image: Image,
  { signal, role, flags, foreign }: VsphereOptions,
  problems: Problems,
): Promise<Shared | undefined> {
  const openshift = openshiftOf(image.handover);
  const set = role === 'infra' ? openshift.infraMachineSet : openshift.machineSet;
  const facts = await problems.gather(() => requireFacts({ name: infrastructureName(openshift.infrastructureName) }));
  const machine = await problems.gather((): Machine => machineOf(image, role, flags));
  const source = await problems.gather(
    (): Promise<CloneSource> => cloneSource(vc, image, { signal, role, flags, foreign }),
  );
  if (source === undefined) return undefined;
  const disk = await problems.gather(() =>
    diskGiB(source.template, { wanted: flags.disk ?? set.disk, version: openshift.version }),
  );
  if (facts === undefined || machine === undefined || disk === undefined) return undefined;
  return { ...source, infrastructureName: facts.name, machine: { ...machine, diskGiB: disk } };
}

function nameOf({ handover }: Image, { place }: Zone, { role, flags }: VsphereOptions): string | undefined {
  const { infrastructureName, infraMachineSet, machineSet } = openshiftOf(handover);
  if (role === 'worker')
    return windowsSetName(
      { name: flags.name ?? machineSet.name, names: flags.name === undefined ? machineSet.names : {} },
      place,
    );
  const name = flags.name ?? infraMachineSet.name;
  // Without it there is a problem already.
  if (name === undefined && infrastructureName === undefined) return undefined;
  return infraSetName({ name, infrastructureName: infrastructureName ?? '' }, place?.domain);
}
