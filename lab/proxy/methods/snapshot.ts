import type { Frozen, Machine } from '../../machines.ts';
import { readConfig, writeConfig } from '../../saved-config.ts';
import { type Moref, readMoref } from '../../vcsim/soap.ts';
import { all, at, textAt, type XmlElement } from '../../xml.ts';
import { type Call, forward, forwardTask, type Interceptor, type ProxyContext } from '../call.ts';
import type { Answer } from '../upstream.ts';

/** CreateSnapshot_Task: keeps the disk and the configuration, which vcsim's snapshots do not bring back. */
export const createSnapshot: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    const { answer, result } = await forwardTask(call, lab);
    if (result !== undefined) {
      const running = machine.guest !== undefined && textAt(call.body, 'memory') === 'true';
      machine.snapshots.set(result.value, {
        disk: machine.disk.clone(),
        config: await readConfig(lab.vcsim, call.self),
        running,
      });
      machine.current = result.value;
    }
    return answer;
  });
};

/** RevertToSnapshot_Task of a snapshot. */
export const revertToSnapshot: Interceptor = async (call, lab) => {
  const owner = await ownerOf(call.self, lab);
  if (owner === undefined) return forward(call, lab);
  return owner.exclusive(() => revert(call, lab, owner, call.self.value));
};

/** RevertToCurrentSnapshot_Task of a VM. */
export const revertToCurrent: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(() => revert(call, lab, machine, machine.current));
};

async function revert(call: Call, lab: ProxyContext, machine: Machine, snapshot: string | undefined): Promise<Answer> {
  const { answer, succeeded } = await forwardTask(call, lab);
  const frozen = snapshot === undefined ? undefined : machine.snapshots.get(snapshot);
  if (!succeeded || frozen === undefined) return answer;
  machine.current = snapshot;
  await lab.machines.forcePowerOff(machine);
  machine.disk = frozen.disk.clone();
  await writeConfig(lab.vcsim, machine.vm, frozen.config);
  if (frozen.running && textAt(call.body, 'suppressPowerOn') !== 'true') {
    const task = readMoref(at(await lab.vcsim.call('PowerOnVM_Task', machine.vm), 'returnval'));
    if (task !== undefined) await lab.vcsim.task(task);
    await lab.machines.start(machine);
  }
  return answer;
}

/**
 * RemoveSnapshot_Task. vcsim 0.46 ends itself when the current snapshot is a root that has children, so its pointer is
 * moved to a child before.
 */
export const removeSnapshot: Interceptor = async (call, lab) => {
  const owner = await ownerOf(call.self, lab);
  if (owner === undefined) return forward(call, lab);
  return owner.exclusive(async () => {
    const { snapshot } = await lab.vcsim.properties(owner.vm, 'snapshot');
    const root = all(snapshot, 'rootSnapshotList').find((tree) => textAt(tree, 'snapshot') === call.self.value);
    const child = readMoref(at(root, 'childSnapshotList', 'snapshot'));
    if (child !== undefined && textAt(snapshot, 'currentSnapshot') === call.self.value) {
      const task = readMoref(at(await lab.vcsim.call('RevertToSnapshot_Task', child), 'returnval'));
      if (task !== undefined) await lab.vcsim.task(task);
    }
    const { answer, succeeded } = await forwardTask(call, lab);
    if (!succeeded) return answer;
    const left = await snapshotsOf(owner.vm, lab);
    for (const known of [...owner.snapshots.keys()]) if (!left.has(known)) owner.snapshots.delete(known);
    return answer;
  });
};

export const removeAllSnapshots: Interceptor = (call, lab) => {
  const machine = lab.machines.of(call.self);
  return machine.exclusive(async () => {
    const { answer, succeeded } = await forwardTask(call, lab);
    if (succeeded) {
      machine.snapshots.clear();
      machine.current = undefined;
    }
    return answer;
  });
};

/** What a clone copies: a snapshot's state if one is named, else the VM's own. */
export async function stateOf(
  machine: Machine,
  snapshot: Moref | undefined,
  lab: ProxyContext,
): Promise<Pick<Frozen, 'disk' | 'config'>> {
  const frozen = snapshot === undefined ? undefined : machine.snapshots.get(snapshot.value);
  return {
    disk: (frozen?.disk ?? machine.disk).clone(),
    config: frozen?.config ?? (await readConfig(lab.vcsim, machine.vm)),
  };
}

async function ownerOf(snapshot: Moref, lab: ProxyContext): Promise<Machine | undefined> {
  const known = lab.machines.all().find((machine) => machine.snapshots.has(snapshot.value));
  if (known !== undefined) return known;
  const vm = readMoref((await lab.vcsim.properties(snapshot, 'vm').catch(() => ({ vm: undefined }))).vm);
  return vm === undefined ? undefined : lab.machines.of(vm);
}

async function snapshotsOf(vm: Moref, lab: ProxyContext): Promise<Set<string>> {
  const { snapshot } = await lab.vcsim.properties(vm, 'snapshot');
  const found = new Set<string>();
  const visit = (tree: XmlElement) => {
    found.add(textAt(tree, 'snapshot') ?? '');
    for (const child of all(tree, 'childSnapshotList')) visit(child);
  };
  for (const tree of all(snapshot, 'rootSnapshotList')) visit(tree);
  return found;
}
