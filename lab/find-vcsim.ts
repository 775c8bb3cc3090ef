import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../common/cache-folder.ts';
import { IngotError } from '../common/failure.ts';

/** The last version that `go install` can build: later ones are nested modules with a replace directive. */
export const VCSIM_VERSION = 'v0.46.3';
const GO_INSTALL_TIMEOUT_MS = 10 * 60_000;

export interface FindVcsimOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Told what takes time: building, downloading. */
  readonly onProgress?: (message: string) => void;
  /** Where the release archives are; only tests set it. */
  readonly releases?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The path of a vcsim that can be run, in this order: INGOT_VCSIM; PATH; ingot's cache folder; built by Go into that
 * folder; the official release archive, checked against its published checksums. Throws `lab.vcsim-missing`.
 */
export async function findVcsim(options: FindVcsimOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const chosen = env.INGOT_VCSIM;
  if (chosen !== undefined && chosen !== '') {
    if (await isExecutable(chosen)) return chosen;
    throw new IngotError('lab.vcsim-missing', `expected INGOT_VCSIM to name a program, found none at ${chosen}`, {
      remedy: 'correct INGOT_VCSIM or unset it',
    });
  }
  const onPath = await lookUp('vcsim', env);
  if (onPath !== undefined) return onPath;
  const folder = join(cacheFolder(env), `vcsim-${VCSIM_VERSION}`);
  const cached = join(folder, 'vcsim');
  if (await isExecutable(cached)) return cached;
  await mkdir(folder, { recursive: true });

  const tried: string[] = [];
  const built = await buildWithGo(folder, env, options).catch((error: unknown) => {
    if (options.signal?.aborted) throw error;
    return String(error instanceof Error ? error.message : error).trim();
  });
  if (built === true && (await isExecutable(cached))) return cached;
  tried.push(`go install: ${built === false ? 'go is not on PATH' : built}`);
  try {
    const { downloadVcsim } = await import('./download-vcsim.ts');
    options.onProgress?.(`downloading vcsim ${VCSIM_VERSION}`);
    await downloadVcsim({ folder, releases: options.releases, signal: options.signal });
    return cached;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    tried.push(`release archive: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new IngotError(
    'lab.vcsim-missing',
    'expected vcsim, the vCenter simulator that the lab runs, found none on this machine and could not get it',
    {
      evidence: tried,
      remedy: `any one of: put a vcsim on PATH or name it in INGOT_VCSIM; install Go and run the command again (go install github.com/vmware/govmomi/vcsim@${VCSIM_VERSION}); unpack the ${VCSIM_VERSION} archive of github.com/vmware/govmomi/releases into ${folder}`,
    },
  );
}

/** True when built, false when there is no Go; throws when Go fails. */
async function buildWithGo(folder: string, env: NodeJS.ProcessEnv, options: FindVcsimOptions): Promise<boolean> {
  const go = await lookUp('go', env);
  if (go === undefined) return false;
  options.onProgress?.(`building vcsim ${VCSIM_VERSION} with Go, once`);
  await promisify(execFile)(go, ['install', `github.com/vmware/govmomi/vcsim@${VCSIM_VERSION}`], {
    env: { ...env, GOBIN: folder },
    timeout: GO_INSTALL_TIMEOUT_MS,
    signal: options.signal,
  });
  return true;
}

async function lookUp(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
