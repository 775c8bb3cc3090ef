import type { WantedFact } from '../missing-fact.ts';

/** What of a MachineSet can be said by flags; each comes before the image file. Sizes in bytes. */
export interface MachineSetFlags {
  readonly name?: string | undefined;
  readonly replicas?: number | undefined;
  readonly cpus?: number | undefined;
  readonly memory?: number | undefined;
  readonly disk?: number | undefined;
  readonly network?: string | undefined;
  readonly folder?: string | undefined;
  readonly resourcePool?: string | undefined;
  readonly datastore?: string | undefined;
  readonly template?: string | undefined;
  /** Failure domain or zone: only its MachineSet. */
  readonly zone?: string | undefined;
  readonly autoscaler?: { readonly min: number; readonly max: number } | undefined;
  readonly healthCheck?: boolean | undefined;
}

/** Shows a field of the MachineSets that the cluster has already. */
export const readSets = (path: string) =>
  `oc get machineset -n openshift-machine-api -o jsonpath='{.items[*].spec.template.spec.providerSpec.value.${path}}{"\\n"}'`;

export function infrastructureName(value: string | undefined): WantedFact<string> {
  return {
    value,
    field: 'handover.openshift.infrastructureName',
    read: `oc get -o jsonpath='{.status.infrastructureName}{"\\n"}' infrastructure cluster`,
  };
}

export function openshiftVersion(value: string | undefined): WantedFact<string> {
  return {
    value,
    field: 'handover.openshift.version',
    read: `oc get -o jsonpath='{.status.desired.version}{"\\n"}' clusterversion version`,
  };
}
