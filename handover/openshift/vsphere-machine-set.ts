import type { Manifest } from '../manifest.ts';
import type { FoundTemplate } from '../template.ts';
import { templateReferences } from '../template-reference.ts';
import { sizeText } from './clone-source.ts';
import { AT_PROVIDER, machineSetManifest, type Role, type Taint } from './machine-set.ts';
import type { Workspace } from './workspace.ts';
import type { FailureDomain } from './zones.ts';

export interface Machine {
  readonly cpus: number;
  readonly coresPerSocket: number;
  readonly memoryMiB: number;
}

export interface VsphereMachineSet {
  readonly name: string;
  readonly infrastructureName: string;
  readonly role: Role;
  readonly replicas: number;
  readonly taints: readonly Taint[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly machine: Machine & { readonly diskGiB: number };
  readonly template: FoundTemplate;
  /** What the template was checked for, in words. */
  readonly templateNote: string;
  /** Whether Windows takes a larger disk when a clone starts first. */
  readonly extendOsPartition: 'on' | 'off' | 'unknown';
  readonly workspace: Workspace;
  /** vCenter as the cluster calls it. */
  readonly server: string;
  readonly domain: FailureDomain | undefined;
}

/**
 * A MachineSet on vSphere; Windows if its role is worker. Fields: openshift/api, machine/v1beta1,
 * VSphereMachineProviderSpec, and the example of OpenShift's documentation, "Sample YAML for a Windows MachineSet object
 * on vSphere".
 */
export function vsphereMachineSet(set: VsphereMachineSet): Manifest {
  const { role, machine, template, workspace, server } = set;
  const { datacenter, datastore, folder, resourcePool } = workspace;
  const windows = role === 'worker';
  const providerSpec = {
    apiVersion: 'vsphereprovider.openshift.io/v1beta1',
    credentialsSecret: { name: 'vsphere-cloud-credentials' },
    diskGiB: machine.diskGiB,
    kind: 'VSphereMachineProviderSpec',
    memoryMiB: machine.memoryMiB,
    network: { devices: [{ networkName: workspace.network }] },
    numCPUs: machine.cpus,
    numCoresPerSocket: machine.coresPerSocket,
    snapshot: '',
    template: templateReferences(template.inventoryPath, template.sameName).machineSet,
    userDataSecret: { name: windows ? 'windows-user-data' : 'worker-user-data' },
    workspace: { datacenter, datastore, folder, resourcePool, server },
  };
  return machineSetManifest(
    {
      ...set,
      ...(windows ? { machineLabels: { 'machine.openshift.io/os-id': 'Windows' } } : {}),
      providerSpec,
    },
    { head: head(set), notes: notes(set).map(({ at, text }) => ({ at: [...AT_PROVIDER, ...at], text })) },
  );
}

function head({ role, domain, replicas }: VsphereMachineSet): string[] {
  return [
    role === 'worker' ? 'Windows workers on vSphere.' : 'Infrastructure nodes on vSphere.',
    `Looked up in this vCenter: template, network, folder, resource pool and datastore. Not looked at: the cluster.`,
    ...(domain === undefined
      ? []
      : [
          `Failure domain ${domain.name}: region ${domain.region}, zone ${domain.zone}. The Machine API labels the machines with them,`,
          'as it finds them in the tags of the datacenter and the cluster (ingot prepare).',
        ]),
    ...(replicas === 0 ? ['No machines yet: oc scale --replicas=N machineset NAME -n openshift-machine-api'] : []),
  ];
}

function notes({ role, template, templateNote, extendOsPartition, workspace, server }: VsphereMachineSet) {
  const have = `the template's disk has ${sizeText(template.diskBytes)}`;
  const grows = {
    on: 'windows.sysprep.extendOsPartition is on, so Windows takes the rest when a clone starts first',
    off: 'windows.sysprep.extendOsPartition makes Windows take the rest when a clone starts first, and is off in this image',
    unknown: 'whether Windows takes the rest is up to the answer file that sealed the template',
  }[extendOsPartition];
  const kinds: Readonly<Record<string, string>> = {
    DistributedVirtualPortgroup: 'a distributed port group',
    OpaqueNetwork: 'an opaque network',
  };
  return [
    {
      at: ['diskGiB'],
      text: role === 'worker' ? `${have}; a larger one does not grow the partition: ${grows}` : have,
    },
    {
      at: ['network', 'devices', 0, 'networkName'],
      text: `${kinds[workspace.networkType] ?? 'a standard network'} of ${workspace.cluster}`,
    },
    { at: ['template'], text: templateNote },
    { at: ['workspace', 'datacenter'], text: 'in this vCenter' },
    { at: ['workspace', 'datastore'], text: `a datastore of ${workspace.cluster}` },
    { at: ['workspace', 'folder'], text: 'a VM folder, in full' },
    { at: ['workspace', 'resourcePool'], text: `a resource pool of ${workspace.cluster}, in full` },
    {
      at: ['workspace', 'server'],
      text: `not checked: has to be what the cluster calls this vCenter, for the Machine API looks for ${server}.username in the Secret vsphere-cloud-credentials`,
    },
  ];
}
