import { z } from 'zod';
import { duration, hints, integer, label, optionalText, pattern, size, text } from './fields.ts';

/** Machines are called NAME-xxxxx, five characters of Kubernetes' choice, and Windows takes that as its computer name. */
const WINDOWS_NAME = 9;

const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

const labelKey = () => pattern(LABEL_KEY, { expected: 'the key of a label such as node-role.kubernetes.io/infra' });
const labelValue = () =>
  pattern(LABEL_VALUE, { expected: 'the value of a label: at most 63 letters, digits, -, _ and .', numeric: true });

const taintsSchema = z
  .array(
    z.strictObject({
      key: labelKey().describe('Key of the taint.'),
      value: labelValue().optional().describe('Value of the taint. Left out: none.'),
      effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).describe('What it does to pods.'),
    }),
  )
  .max(20)
  .register(hints, { expected: 'a list of at most 20 taints' })
  .default([])
  .describe('Taints of the nodes.');

const autoscalerSchema = z
  .strictObject({
    min: integer(0, 1000).describe('Fewest machines of each MachineSet.'),
    max: integer(1, 1000).describe('Most machines of each MachineSet.'),
  })
  .optional()
  .describe('MachineAutoscaler of each MachineSet. Left out: none. The cluster needs a ClusterAutoscaler, too.');

/** A clone of Windows goes through its first start, and is then set up by the operator, which restarts it. */
const PATIENCE = { worker: ['1h', '15m'], infra: ['20m', '5m'] } as const;

function healthCheckFields(role: keyof typeof PATIENCE) {
  const [startup, unhealthy] = PATIENCE[role];
  return z
    .strictObject({
      maxUnhealthy: pattern(/^((100|[0-9]{1,2})%|[0-9]{1,4})$/, {
        expected: 'a number of machines or a share of them such as 40%',
        numeric: true,
      })
        .default('40%')
        .describe('No machine is replaced while more than these are unhealthy; a share is rounded down.'),
      nodeStartupTimeout: duration()
        .prefault(startup)
        .describe('How long a machine may take to become a node before it is replaced.'),
      unhealthyFor: duration()
        .prefault(unhealthy)
        .describe('How long a node may be not ready, or unknown, before its machine is replaced.'),
    })
    .describe('MachineHealthCheck of each MachineSet. Left out: none.');
}

/** A health check of which the image file says nothing. */
export const defaultHealthCheck = (role: keyof typeof PATIENCE) => healthCheckFields(role).parse({});

/** What both kinds of MachineSets say. */
const common = {
  replicas: integer(0, 1000).default(1).describe('How many machines each MachineSet has.'),
  taints: taintsSchema,
  autoscaler: autoscalerSchema,
};

function machine(defaults: { readonly cpus: string; readonly memory: string; readonly coresPerSocket: string }) {
  return {
    cpus: integer(1, 768).optional().describe(`Virtual CPUs. Left out: ${defaults.cpus}.`),
    coresPerSocket: integer(1, 768).optional().describe(`Cores a socket. Left out: ${defaults.coresPerSocket}.`),
    memory: size().optional().describe(`Memory. Left out: ${defaults.memory}.`),
    disk: size().optional().describe("Size of the disk in whole GiB. Left out: that of the template's disk."),
    server: optionalText('the name of a vCenter').describe(
      'vCenter as the cluster calls it: `oc get -o jsonpath=\'{.spec.platformSpec.vsphere.vcenters[*].server}{"\\n"}\' infrastructure cluster`. Left out: `vcenter.server`.',
    ),
    network: optionalText('the name of a network or port group').describe(
      'Port group of the nodes. Left out: `placement.network`.',
    ),
    folder: optionalText('the path of a VM folder').describe(
      "VM folder of the nodes: its inventory path, or its path below the datacenter's vm folder. `oc get machineset -n openshift-machine-api -o yaml` shows that of the others.",
    ),
    resourcePool: optionalText('the path of a resource pool').describe(
      "Resource pool: its inventory path, or its path below the cluster's root pool. Left out: `placement.resourcePool`.",
    ),
    datastore: optionalText('the name of a datastore').describe(
      'Datastore of the nodes. Left out: `placement.datastore`.',
    ),
  };
}

export const windowsMachineSetSchema = z
  .strictObject({
    name: label(WINDOWS_NAME)
      .register(hints, {
        expected: `a name of at most ${WINDOWS_NAME} lower case letters, digits and hyphens (RFC 1123)`,
        remedy: 'choose a shorter one: machines are called NAME-xxxxx, and a Windows computer name has 15 characters',
        numeric: true,
      })
      .optional()
      .describe(
        'Name of the MachineSet, at most 9 characters: its machines are called NAME-xxxxx, and a Windows computer name has 15 at most. With several failure domains their number is put behind it.',
      ),
    names: z
      .record(label(), label(WINDOWS_NAME))
      .register(hints, { expected: 'names of MachineSets by the names of failure domains' })
      .default({})
      .describe('Names of the MachineSets by failure domain, in place of `name` and a number.'),
    ...common,
    ...machine({ cpus: '`hardware.cpus`', memory: '`hardware.memory`', coresPerSocket: '`hardware.coresPerSocket`' }),
    healthCheck: healthCheckFields('worker').optional(),
  })
  .prefault({})
  .describe('MachineSet of the Windows workers on vSphere.');

export const infraMachineSetSchema = z
  .strictObject({
    name: label()
      .optional()
      .describe('Name of the MachineSet, before that of the zone. Left out: `infrastructureName` and `-infra`.'),
    ...common,
    nodeLabels: z
      .record(labelKey(), labelValue())
      .register(hints, { expected: 'values of labels by their key' })
      .default({ 'node-role.kubernetes.io/infra': '' })
      .describe('Labels of the nodes.'),
    template: text('the inventory path of a template')
      .optional()
      .describe('Inventory path of the Linux template on vSphere; no build of ingot makes it.'),
    ...machine({ cpus: '4', memory: '16GiB', coresPerSocket: '1' }),
    healthCheck: healthCheckFields('infra').optional(),
  })
  .prefault({})
  .describe('MachineSet of infrastructure nodes, on vSphere or AWS: Linux.');
