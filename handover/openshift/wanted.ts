import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import { openshiftOf } from '../../image/schema/openshift.ts';
import { requireFacts } from '../missing-fact.ts';
import { type MachineSetFlags, readSets } from './facts.ts';
import type { Role } from './machine-set.ts';
import type { Machine } from './vsphere-machine-set.ts';
import type { WantedWorkspace } from './workspace.ts';
import type { FailureDomain } from './zones.ts';

const MIB = 1024 ** 2;

/**
 * CPUs and memory of the machines: Windows workers have those that the image was built with, if nothing is said.
 *
 * @throws IngotError `openshift.cores`, `openshift.memory`
 */
export function machineOf({ handover, hardware }: Image, role: Role, flags: MachineSetFlags): Machine {
  const { machineSet, infraMachineSet } = openshiftOf(handover);
  const set = role === 'infra' ? infraMachineSet : machineSet;
  const preset = role === 'infra' ? { cpus: 4, coresPerSocket: 1, memory: 16 * 1024 * MIB } : hardware;
  const cpus = flags.cpus ?? set.cpus ?? preset.cpus;
  // What was chosen for other CPUs than these says nothing.
  const coresPerSocket = set.coresPerSocket ?? (cpus % preset.coresPerSocket === 0 ? preset.coresPerSocket : 1);
  const memory = flags.memory ?? set.memory ?? preset.memory;
  if (cpus % coresPerSocket !== 0) {
    throw new IngotError(
      'openshift.cores',
      `expected cores a socket that divide the ${cpus} CPUs, found ${coresPerSocket}`,
      { remedy: 'change one of the two' },
    );
  }
  if (memory % (4 * MIB) !== 0) {
    throw new IngotError(
      'openshift.memory',
      `expected memory that is a multiple of 4 MiB, found ${memory} bytes: vSphere takes no other`,
      { remedy: 'write it in GiB, such as 16GiB' },
    );
  }
  return { cpus, coresPerSocket, memoryMiB: memory / MIB };
}

/**
 * Where the machines are to be: flags come first, then the failure domain, the MachineSet and `placement`.
 *
 * @throws IngotError `handover.missing-fact`: folder and datastore, at once
 */
export function wantedWorkspace(
  { handover, placement }: Image,
  domain: FailureDomain | undefined,
  role: Role,
  flags: MachineSetFlags,
): WantedWorkspace {
  const { machineSet, infraMachineSet } = openshiftOf(handover);
  const set = role === 'infra' ? infraMachineSet : machineSet;
  const section = `handover.openshift.${role === 'infra' ? 'infraMachineSet' : 'machineSet'}`;
  const { folder, datastore } = requireFacts({
    folder: {
      value: flags.folder ?? domain?.folder ?? set.folder,
      field: `${section}.folder`,
      flag: '--folder PATH',
      read: readSets('workspace.folder'),
    },
    datastore: {
      value: flags.datastore ?? domain?.datastore ?? set.datastore ?? placement.datastore,
      field: `${section}.datastore`,
      flag: '--datastore NAME',
      read: `${readSets('workspace.datastore')} (the Machine API takes a datastore, and no datastore cluster)`,
    },
  });
  // Pools of placement and of the MachineSet are those of its cluster, unless they are given in full.
  const pool = flags.resourcePool ?? domain?.resourcePool;
  const shared = set.resourcePool ?? placement.resourcePool;
  const moved = domain?.compute !== undefined && shared?.startsWith('/') !== true && set.resourcePool === undefined;
  return {
    datacenter: domain?.datacenter ?? placement.datacenter,
    compute: domain?.compute ?? placement.compute,
    resourcePool: pool ?? (moved ? undefined : shared),
    datastore,
    folder,
    network: flags.network ?? domain?.network ?? set.network ?? placement.network,
  };
}
