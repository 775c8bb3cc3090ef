import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import { layerName } from '../vcenter/layers.ts';
import type { Machine } from '../vcenter/machine.ts';

/**
 * The end of a layer: with the VM off, the records go where the disks are, and the snapshot freezes both. The step's own
 * record must be among them, so that a revert finds it.
 */
export async function keepLayer(
  context: Pick<BuildEnv, 'records'> & Pick<StepTools<Image, Json>, 'fingerprint' | 'signal'>,
  machine: Machine,
  layer: {
    readonly step: string;
    readonly output: Json;
    readonly proof: readonly string[];
    readonly description: string;
  },
) {
  const { records, fingerprint, signal } = context;
  const { step, output, proof, description } = layer;
  records.save({ step, fingerprint, output, proof, finishedAt: new Date().toISOString() });
  await records.flush();
  return machine.snapshot(layerName(step, fingerprint), description, signal);
}
