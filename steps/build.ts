import { join } from 'node:path';
import { IngotError } from '../common/failure.ts';
import type { Redactor } from '../common/redactor.ts';
import { parseBootstrapReport } from '../guest/reports.ts';
import type { Image } from '../image/index.ts';
import { keys, namesOf } from '../image/names.ts';
import type { EventBody, Listener } from '../pipeline/events.ts';
import { type PlanEntry, plan } from '../pipeline/plan.ts';
import { memoryStore } from '../pipeline/records.ts';
import { type BuildResult, run } from '../pipeline/run.ts';
import { scriptDigest } from '../scripts/digest.ts';
import { closing } from './closing.ts';
import type { BuildEnv } from './define.ts';
import { guestAccess } from './guest-access.ts';
import { graphOf } from './index.ts';
import { isoIntake } from './media/intake.ts';
import { openIso } from './media/open.ts';
import type { FoundSource } from './source/found.ts';
import { buildPassword } from './support/build-password.ts';
import { guestDiagnostics } from './support/diagnostics.ts';
import { rememberedDigests } from './support/digests.ts';
import { connectVcenter } from './vcenter/connect.ts';
import { imageLease } from './vcenter/image-lease.ts';
import { vmRecords } from './vcenter/records.ts';

export { graphOf } from './index.ts';

/** Where a build keeps what is not part of the image: digests of media, screenshots. */
const stateFolder = '.ingot';

export interface BuildOptions {
  /** Id of the build: sortable, unique. */
  readonly build: string;
  readonly listeners: readonly Listener[];
  /** Abort it to interrupt the build cleanly. */
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
}

/** Builds an image: runs what is not there yet. Never rejects; the end is data, and told as events. */
export async function buildImage(image: Image, options: BuildOptions): Promise<BuildResult> {
  const { build, listeners, signal, redactor } = options;
  const tell = (body: EventBody) => {
    const event = redactor.value({ ...body, at: new Date().toISOString(), build });
    for (const listener of listeners) {
      try {
        listener(event);
      } catch {
        // its own concern, as in the engine
      }
    }
  };
  const { env, close } = openEnvironment(image, {
    ...options,
    mode: 'build',
    warn: (message) => tell({ type: 'warning', message }),
  });
  try {
    return await run(graphOf(image), image, env, {
      build,
      name: image.name,
      store: env.records,
      digestOf: scriptDigest,
      listeners,
      signal,
      broken: env.lease.lost,
      redactor,
      close: async (status, outputs, failure) => {
        try {
          return await closing(env, image, { status, outputs, failure });
        } finally {
          // Last: what it looks at and tidies up is another build's from then on.
          await env.lease.release();
        }
      },
    });
  } finally {
    await close();
  }
}

export interface PlanOptions {
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  /** Do not ask vCenter: plan as if nothing was there. */
  readonly offline?: boolean;
}

/** What a build would do, and why. Changes nothing. Rejects with what keeps vCenter from telling. */
export async function planImage(image: Image, options: PlanOptions): Promise<readonly PlanEntry<Image, BuildEnv>[]> {
  const offline = options.offline === true;
  const mode = offline ? 'offline' : 'plan';
  const { env, close } = openEnvironment(image, { ...options, mode, build: 'plan', warn: () => undefined });
  const store = offline ? memoryStore() : env.records;
  const { signal } = options;
  try {
    // A plan uploads nothing.
    if (image.source === undefined && (await env.iso.identify({ signal, onProgress: () => undefined })) === undefined)
      env.iso.leaveUnknown();
    return await plan(graphOf(image), image, env, { store, digestOf: scriptDigest, signal: options.signal });
  } finally {
    await close();
  }
}

interface EnvironmentOptions {
  readonly build: string;
  /** A plan changes nothing; one that is offline does not even ask. */
  readonly mode: 'build' | 'plan' | 'offline';
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  warn(message: string): void;
}

/** Everything that steps share. Nothing is opened before it is asked for. */
function openEnvironment(image: Image, { build, mode, signal, redactor, warn }: EnvironmentOptions) {
  const names = namesOf(image);
  const screenshotPath = (name: string) => join(stateFolder, image.name, `${build}-${name}.png`);
  const connection = connectVcenter(image, { names, screenshotPath, signal, warn });
  const vcenter = mode === 'offline' ? () => Promise.reject(offlineError()) : connection.vcenter;
  const held: BuildEnv['held'] = {};
  const password = buildPassword(image, redactor, { vcenter, held });
  const guests = guestAccess({
    image,
    vcenter,
    password,
    port: image.openssh.port,
    hostKeys: async (wait) => {
      if (held.hostKeys !== undefined) return held.hostKeys;
      const machine = await (await vcenter()).master(wait);
      return machine.waitFor(
        ({ extraConfig }) => {
          const text = extraConfig.get(keys.installed);
          const report = text === undefined ? undefined : parseBootstrapReport(text);
          return report?.state === 'ready' && report.hostKeys;
        },
        { what: 'the host keys that the bootstrap published', deadlineMs: image.timeouts.task, signal: wait },
      );
    },
  });
  const lease = imageLease(image, names, build, vcenter);
  const digests = rememberedDigests(join(stateFolder, 'digests.json'));
  // A download is none of a step's: it ends with the build.
  const closed = new AbortController();
  let source: Promise<FoundSource> | undefined;
  const env: BuildEnv = {
    build,
    names,
    vcenter,
    guest: guests.open,
    password,
    closeGuest: guests.close,
    diagnostics: guestDiagnostics({
      image,
      vcenter,
      guest: guests.open,
      redactor,
      folder: join(stateFolder, image.name, build, 'diagnostics'),
    }),
    records: vmRecords(image, vcenter, lease.lost),
    redactor,
    held,
    fileOf: (name) => join(stateFolder, image.name, build, name),
    digests,
    lease,
    source: () => {
      source ??= import('./source/found.ts').then(({ findSource }) => findSource(image, vcenter, digests, signal));
      return source;
    },
    iso: isoIntake({
      image,
      names,
      vcenter,
      open: () => {
        const downloads = join(stateFolder, 'downloads');
        const [keep, offline] = [mode === 'build', mode === 'offline'];
        const until = AbortSignal.any([signal, closed.signal]);
        return openIso({ image, names, digests, vcenter, downloads, keep, offline, signal: until, warn });
      },
    }),
  };
  const close = async () => {
    guests.close();
    closed.abort();
    await env.lease.release();
    await env.iso.close();
    await connection.close();
  };
  return { env, close };
}

function offlineError(): IngotError {
  return new IngotError(
    'plan.offline',
    'expected a plan that needs no vCenter, found that what Windows comes from lies there',
    {
      remedy: 'plan without --offline, or name a file of this machine in media.iso or source.ovf',
    },
  );
}
