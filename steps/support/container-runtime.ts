import { basename } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { ContainerRuntime, Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import { changeOf } from './change.ts';
import { explained, type KnownFailures } from './known-failures.ts';
import type { RestartWish } from './restarts.ts';
import { script, scriptAsSystem } from './script.ts';
import { servicingFailures } from './servicing-failures.ts';

export const runtimeOutput = z.object({
  version: z.string(),
  service: z.string(),
});
const feature = z.object({ changed: z.boolean(), rebootRequired: z.boolean() });
const state = z.object({
  version: z.string(),
  status: z.string(),
  startType: z.string(),
  /** The version that the service itself tells. */
  answers: z.string(),
  /** Docker only. */
  daemonJson: z.base64().optional(),
});
export type RuntimeState = z.infer<typeof state>;

type Name = 'docker' | 'containerd';
type Context = BuildEnv & StepTools<Image, Json> & RestartWish;
type More = Readonly<Record<string, string>>;

/**
 * Installs the Containers feature, then, when it needs no restart any more, the runtime itself.
 *
 * @param more makes further parameters for the script, once the feature is there
 */
export async function installRuntime(
  context: Context,
  name: Name,
  runtime: ContainerRuntime | undefined,
  more: () => Promise<More> = async () => ({}),
) {
  const { progress, log } = context;
  // The step is run again once Windows has restarted for the feature.
  if (await installFeature(context, name)) return { version: '', service: '' };
  progress(`Installing ${name} ${wanted(name, runtime).version}`);
  const parameters = await parametersOf(context, wanted(name, runtime), true);
  const { after, evidence } = await explained(
    script(context, name, { ...parameters, ...(await more()) }, changeOf(state)),
    runtimeFailures(name),
  );
  for (const line of evidence) log(`${name}: ${line}`);
  return { version: after.version, service: after.status };
}

/** The Containers feature, as SYSTEM and out of reach of a cut connection. True while Windows wants a restart for it. */
async function installFeature(context: Context, name: Name): Promise<boolean> {
  const names = { names: ['Containers'] };
  const found = await script(context, 'windows-feature', names, feature, { test: true });
  if (!found.changed) {
    if (found.rebootRequired) context.wantRestart?.('the feature Containers');
    return found.rebootRequired;
  }
  context.progress('Installing the Containers feature');
  const known = servicingFailures(name, 'Windows to install the Containers feature');
  return (await explained(scriptAsSystem(context, 'windows-feature', names, feature), known)).rebootRequired;
}

/** What the scripts say by their own codes; what was expected and found is in their message, the first line of evidence. */
function runtimeFailures(name: Name): KnownFailures {
  return {
    'guest.digest': {
      code: `${name}.digest`,
      message: `expected the archive of ${name} to have the SHA-256 of the image file, found another`,
      remedy: `compare the file with its publisher: it was damaged or exchanged on the way; or correct ${name}.sha256`,
    },
    'guest.download': {
      code: `${name}.download`,
      message: `expected Windows to download the archive of ${name}, found that it cannot`,
      remedy: `give the VM a way to the Internet (${name}.proxy), or name a file of this machine in ${name}.archive`,
    },
    [`${name}.containers-feature`]: {
      code: `${name}.containers-feature`,
      message: 'expected the feature Containers to be installed and active, found that it is not',
      remedy: 'look at C:\\Windows\\Logs\\CBS\\CBS.log in the VM for why it was rolled back',
    },
    [`${name}.no-answer`]: {
      code: `${name}.no-answer`,
      message: `expected the service ${name} to answer within 60 s of its start, found that it does not`,
      remedy: `look at the event log of the service ${name} in the VM`,
    },
    'docker.daemon-json': {
      code: 'docker.daemon-json',
      message: 'expected dockerd to accept the settings of docker.daemon, found that it refuses them',
      remedy: 'correct docker.daemon in the image file: the evidence names the setting',
    },
  };
}

/** What is there: the version that was asked for, as a running, automatic service that answers. */
export async function proveRuntime(
  context: Context,
  name: Name,
  runtime: ContainerRuntime | undefined,
): Promise<{ readonly proof: string; readonly found: RuntimeState }> {
  const { version } = wanted(name, runtime);
  const parameters = await parametersOf(context, wanted(name, runtime), false);
  const { before: found } = await script(context, name, parameters, changeOf(state), { test: true });
  const runs = found.status === 'Running' && found.startType === 'Automatic';
  if (!runs || found.version !== version || found.answers !== version) {
    throw new IngotError(
      `${name}.service`,
      `expected ${name} ${version} as a running, automatic service that answers`,
      {
        evidence: [
          `found version ${found.version || 'none'}, ${found.status}, ${found.startType}`,
          `the service says: ${found.answers || 'nothing'}`,
        ],
        remedy: `look at the event log of the service ${name} in the VM`,
      },
    );
  }
  return { proof: `${name} ${found.version}: service ${found.status}, ${found.startType}, answers`, found };
}

function wanted(name: Name, runtime: ContainerRuntime | undefined): ContainerRuntime {
  if (runtime !== undefined) return runtime;
  throw new IngotError(`${name}.config`, `expected a section ${name} in the image file, found none`);
}

/** A URL is for Windows to download from; a file of this machine is uploaded first, if it is not there already. */
async function parametersOf({ guest, signal, progress }: Context, runtime: ContainerRuntime, upload: boolean) {
  const { version, sha256, source, proxy } = runtime;
  if (source.kind === 'url') return { version, sha256, url: source.url, ...(proxy === undefined ? {} : { proxy }) };
  const name = basename(source.path);
  if (upload) {
    const session = await guest(signal);
    await session.upload(source.path, `/C:/ProgramData/ingot/${name}`, {
      signal,
      onProgress: (done, total) => progress({ message: `Uploading ${name}`, done, total, unit: 'bytes' }),
    });
  }
  return { version, sha256, path: `C:\\ProgramData\\ingot\\${name}` };
}
