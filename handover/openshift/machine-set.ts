import type { Manifest } from '../manifest.ts';

/** Where the Machine API looks for its objects. */
export const NAMESPACE = 'openshift-machine-api';

export type Role = 'worker' | 'infra';

export interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

/** A MachineSet (`machine.openshift.io/v1beta1`) but for what its platform needs to know. */
interface MachineSet {
  readonly name: string;
  readonly infrastructureName: string;
  readonly role: Role;
  readonly replicas: number;
  /** Labels of the machines beside those by which the MachineSet finds them. */
  readonly machineLabels?: Readonly<Record<string, string>>;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly providerSpec: Readonly<Record<string, unknown>>;
  /** The role stands on the MachineSet, too. */
  readonly roleOnSet?: boolean;
  /**
   * Writes the fields without a value that the documentation of OpenShift 4 had until Kubernetes 1.25. Newer schemas do
   * not know them, and kubectl refuses what they do not know.
   */
  readonly emptyFields?: boolean;
}

/** Where the note of a value of the provider specification belongs. */
export const AT_PROVIDER = ['spec', 'template', 'spec', 'providerSpec', 'value'] as const;

/** The MachineSet as OpenShift's documentation shows it, "Creating Windows machine sets" and "Creating infrastructure machine sets". */
export function machineSetManifest(
  set: MachineSet,
  { head, notes }: { readonly head: readonly string[]; readonly notes: NonNullable<Manifest['notes']> },
): Manifest {
  const { name, infrastructureName, role, replicas, machineLabels = {}, nodeLabels, taints, providerSpec } = set;
  const cluster = { 'machine.openshift.io/cluster-api-cluster': infrastructureName };
  const roles = {
    'machine.openshift.io/cluster-api-machine-role': role,
    'machine.openshift.io/cluster-api-machine-type': role,
  };
  const own = { 'machine.openshift.io/cluster-api-machineset': name };
  const empty = set.emptyFields === true ? { creationTimestamp: null } : {};
  return {
    head,
    value: {
      apiVersion: 'machine.openshift.io/v1beta1',
      kind: 'MachineSet',
      metadata: {
        labels: { ...cluster, ...(set.roleOnSet === true ? roles : {}) },
        name,
        namespace: NAMESPACE,
      },
      spec: {
        replicas,
        selector: { matchLabels: { ...cluster, ...own } },
        template: {
          metadata: { ...empty, labels: { ...cluster, ...roles, ...own, ...machineLabels } },
          spec: {
            metadata: { ...empty, labels: nodeLabels },
            ...(taints.length === 0 ? {} : { taints: taints.map(taint) }),
            providerSpec: { value: providerSpec },
            ...(set.emptyFields === true ? { versions: { kubelet: '' } } : {}),
          },
        },
      },
    },
    notes,
  };
}

function taint({ key, value, effect }: Taint) {
  return { key, ...(value === undefined ? {} : { value }), effect };
}
