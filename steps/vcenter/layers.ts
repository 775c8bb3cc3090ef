import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { removeSnapshot, revertToSnapshot, type SnapshotRef } from '../../vsphere/snapshot.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { VirtualMachineSnapshotTree } from '../../vsphere/vim25.gen.ts';

/** A snapshot that ingot took at the end of a step. Its extraConfig is what the VM's was: a revert brings it back. */
export interface Layer {
  readonly step: string;
  readonly name: string;
  readonly snapshot: SnapshotRef;
  /** Snapshots taken upon it: void once the VM goes back to it. */
  readonly children: readonly SnapshotRef[];
}

/** The name of a layer's snapshot: the step and the beginning of its fingerprint. */
export function layerName(step: string, fingerprint: string): string {
  return `ingot ${step} ${fingerprint.slice(0, 12)}`;
}

/** The layers of a VM that hold in a plan, the deepest first. */
export async function layersOf(
  vc: Vsphere,
  vm: Ref<'VirtualMachine'>,
  fingerprints: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<readonly Layer[]> {
  const names = new Map([...fingerprints].map(([step, fingerprint]) => [layerName(step, fingerprint), step]));
  const { 'snapshot.rootSnapshotList': roots = [] } = await vc.read(vm, ['snapshot.rootSnapshotList'], { signal });
  const layers: Layer[] = [];
  const visit = (trees: readonly VirtualMachineSnapshotTree[]): void => {
    for (const { name, snapshot, childSnapshotList = [] } of trees) {
      const step = names.get(name);
      if (step !== undefined) {
        layers.unshift({ step, name, snapshot, children: childSnapshotList.map((child) => child.snapshot) });
      }
      visit(childSnapshotList);
    }
  };
  visit(roots);
  return layers;
}

/** The extraConfig that a layer has frozen. */
export async function frozenConfig(
  vc: Vsphere,
  layer: Layer,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const values = await vc.read(layer.snapshot, ['config.extraConfig'], { signal });
  return extraConfigMap(values['config.extraConfig']);
}

/** Takes the VM back to a layer, and away what was built upon it. The VM is off afterwards. */
export async function revertTo(
  vc: Vsphere,
  vm: Ref<'VirtualMachine'>,
  layer: Layer,
  options: { readonly signal: AbortSignal; readonly deadlineMs: number },
): Promise<void> {
  await revertToSnapshot(vc, vm, layer.snapshot, {
    ...options,
    suppressPowerOn: true,
    what: `going back to ${layer.name}`,
  });
  for (const child of layer.children) {
    await removeSnapshot(vc, vm, child, {
      ...options,
      children: true,
      what: `removing what was built upon ${layer.name}`,
    });
  }
}
