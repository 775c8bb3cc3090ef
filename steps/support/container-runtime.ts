import { basename } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { ContainerRuntime, Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import { script } from './script.ts';

export const runtimeOutput = z.object({
  version: z.string(),
  service: z.string(),
  restarted: z.boolean(),
});
const feature = z.object({ changed: z.boolean(), rebootRequired: z.boolean(), installed: z.array(z.string()) });
const installed = z.object({
  changed: z.boolean(),
  version: z.string(),
  status: z.string(),
  startType: z.string(),
});

type Name = 'docker' | 'containerd';
type Context = BuildEnv & StepTools<Image, Json>;

/** Installs the Containers feature, restarts if Windows asks for it, then the runtime itself. */
export async function installRuntime(context: Context, name: Name, runtime: ContainerRuntime | undefined) {
  const { progress, signal, config } = context;
  const { version, sha256 } = wanted(name, runtime);
  progress('Installing the Containers feature');
  const { rebootRequired } = await script(context, 'windows-feature', { names: ['Containers'] }, feature);
  if (rebootRequired) {
    progress('Restarting Windows for the Containers feature');
    const guest = await context.guest(signal);
    await guest.restart({ signal, deadlineMs: config.timeouts.boot });
  }
  progress(`Installing ${name} ${version}`);
  const source = await sourceOf(context, wanted(name, runtime), true);
  const found = await script(context, name, { version, sha256, ...source }, installed);
  return { version: found.version, service: found.status, restarted: rebootRequired };
}

/** Asks the guest again: nothing to change, service running and automatic, the version that was asked for. */
export async function proveRuntime(context: Context, name: Name, runtime: ContainerRuntime | undefined) {
  const { version, sha256 } = wanted(name, runtime);
  const source = await sourceOf(context, wanted(name, runtime), false);
  const found = await script(context, name, { version, sha256, ...source }, installed);
  if (found.changed || found.version !== version || found.status !== 'Running' || found.startType !== 'Automatic') {
    throw new IngotError(`${name}.service`, `expected ${name} ${version} as a running, automatic service`, {
      evidence: [
        `found version ${found.version}, ${found.status}, ${found.startType}, changed again: ${found.changed}`,
      ],
      remedy: `look at the event log of the service ${name} in the VM`,
    });
  }
  return [`${name} ${found.version}: service ${found.status}, ${found.startType}`];
}

function wanted(name: Name, runtime: ContainerRuntime | undefined): ContainerRuntime {
  if (runtime !== undefined) return runtime;
  throw new IngotError(`${name}.config`, `expected a section ${name} in the image file, found none`);
}

/** A URL is for Windows to download from; a file of this machine is uploaded first, if it is not there already. */
async function sourceOf({ guest, signal, progress }: Context, { source }: ContainerRuntime, upload: boolean) {
  if (source.kind === 'url') return { url: source.url };
  const name = basename(source.path);
  if (upload) {
    const session = await guest(signal);
    await session.upload(source.path, `/C:/ProgramData/ingot/${name}`, {
      signal,
      onProgress: (done, total) => progress({ message: `Uploading ${name}`, done, total, unit: 'bytes' }),
    });
  }
  return { path: `C:\\ProgramData\\ingot\\${name}` };
}
