import type { Manifest } from '../manifest.ts';
import { NAMESPACE } from './machine-set.ts';

interface Autoscaler {
  readonly min: number;
  readonly max: number;
}

/** MachineAutoscaler (`autoscaling.openshift.io/v1beta1`) of a MachineSet. */
export function machineAutoscaler(name: string, { min, max }: Autoscaler): Manifest {
  return {
    head: ['Works only where the cluster has a ClusterAutoscaler: oc get clusterautoscaler'],
    value: {
      apiVersion: 'autoscaling.openshift.io/v1beta1',
      kind: 'MachineAutoscaler',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        minReplicas: min,
        maxReplicas: max,
        scaleTargetRef: { apiVersion: 'machine.openshift.io/v1beta1', kind: 'MachineSet', name },
      },
    },
  };
}

interface HealthCheck {
  /** A number of machines, or a share: `40%`. */
  readonly maxUnhealthy: string;
  /** Milliseconds. */
  readonly nodeStartupTimeout: number;
  /** Milliseconds. */
  readonly unhealthyFor: number;
}

/**
 * MachineHealthCheck (`machine.openshift.io/v1beta1`) of a MachineSet.
 *
 * @param replicas of the MachineSet: a share of few machines may be less than one
 */
export function machineHealthCheck(name: string, check: HealthCheck, replicas: number): Manifest {
  const { maxUnhealthy, nodeStartupTimeout, unhealthyFor } = check;
  const timeout = goDuration(unhealthyFor);
  const share = /^(\d+)%$/.exec(maxUnhealthy)?.[1];
  const allowed = share === undefined ? Number(maxUnhealthy) : Math.floor((Number(share) * replicas) / 100);
  return {
    value: {
      apiVersion: 'machine.openshift.io/v1beta1',
      kind: 'MachineHealthCheck',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        selector: { matchLabels: { 'machine.openshift.io/cluster-api-machineset': name } },
        unhealthyConditions: [
          { type: 'Ready', status: 'False', timeout },
          { type: 'Ready', status: 'Unknown', timeout },
        ],
        maxUnhealthy: share === undefined ? allowed : maxUnhealthy,
        nodeStartupTimeout: goDuration(nodeStartupTimeout),
      },
    },
    notes: [
      {
        at: ['spec', 'maxUnhealthy'],
        text: `of ${replicas}: ${allowed === 0 ? 'none, so nothing is replaced before there are more machines' : `at most ${allowed} unhealthy at a time, or nothing is replaced`}`,
      },
    ],
  };
}

/** A duration as Go's `time.ParseDuration` reads it: `1h`, `15m`, `90s`. */
function goDuration(milliseconds: number): string {
  const [unit, letters] =
    (
      [
        [3_600_000, 'h'],
        [60_000, 'm'],
        [1000, 's'],
      ] as const
    ).find(([size]) => milliseconds % size === 0) ?? ([1, 'ms'] as const);
  return `${milliseconds / unit}${letters}`;
}
