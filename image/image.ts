import { basename, dirname, resolve } from 'node:path';
import { DEFAULT_AFTER } from './built-in-steps.ts';
import { type DomainJoin, finishDomainJoin } from './domain-join.ts';
import { finishPublish, type Publish } from './finish-publish.ts';
import { finishSource, type Source } from './finish-source.ts';
import type { ParsedImage } from './schema/image.ts';
import type { MediaLocation } from './schema/media.ts';
import type { AuthorizedKey, OpensshSource } from './schema/openssh.ts';
import type { PlainData } from './schema/plain-data.ts';
import { absoluteLogin } from './ssh-login.ts';
import { guestIds, windowsBuild } from './windows-defaults.ts';

/** An archive that Windows downloads, or that is uploaded to it. */
export interface ContainerRuntime {
  readonly version: string;
  readonly sha256: string;
  /** HTTP proxy for the download. */
  readonly proxy?: string | undefined;
  readonly source: Extract<MediaLocation, { kind: 'file' | 'url' }>;
}

interface OwnStepBase {
  readonly name: string;
  readonly title: string;
  /** Name of the step, built in or the user's, that is done before. */
  readonly after: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly retry: number;
  /** Windows is restarted if it wants to, and the step run again. */
  readonly reboot?: 'if-needed' | undefined;
}

/** A step of the user. Paths of this machine are absolute. */
export type OwnStep = OwnStepBase &
  (
    | { readonly kind: 'powershell'; readonly powershell: string; readonly parameters: Parameters }
    | { readonly kind: 'script'; readonly script: string; readonly parameters: Parameters }
    | { readonly kind: 'upload'; readonly from: string; readonly to: string }
    | { readonly kind: 'restart' }
  );

/** Settings of `daemon.json`. */
export type DaemonSettings = NonNullable<NonNullable<ParsedImage['docker']>['daemon']>;

type Parameters = Readonly<Record<string, PlainData>>;
type Derived =
  | 'variables'
  | 'placement'
  | 'media'
  | 'source'
  | 'hardware'
  | 'windows'
  | 'openssh'
  | 'docker'
  | 'containerd'
  | 'steps'
  | 'template'
  | 'publish';

/**
 * An image file, read, checked and filled in: every field that has a default has its value, sizes are bytes, durations
 * milliseconds, paths of this machine absolute, secrets references that are resolved late.
 */
export interface Image extends Omit<ParsedImage, Derived> {
  /** Absolute path of the image file, and its folder. */
  readonly file: string;
  readonly directory: string;
  readonly placement: Omit<ParsedImage['placement'], 'datastore' | 'datastoreCluster'> & {
    /** Exactly one of the two is there. */
    readonly datastore?: string | undefined;
    readonly datastoreCluster?: string | undefined;
  };
  /** Either it has an ISO, or there is a `source`. */
  readonly media: Omit<ParsedImage['media'], 'language' | 'files'> & {
    readonly language: string;
    /** `to` is the path on the answer disc. */
    readonly files: readonly { readonly from: string; readonly to: string }[];
  };
  readonly source?: Source | undefined;
  readonly hardware: Omit<ParsedImage['hardware'], 'secureBoot' | 'guestId'> & {
    readonly secureBoot: boolean;
    /** The ids to try, the best first; one only if the file names it. */
    readonly guestIds: readonly string[];
  };
  readonly windows: Omit<ParsedImage['windows'], 'sysprep'> & {
    /** Build number of the version: 19042 for 20H2. */
    readonly build: number;
    readonly sysprep: Omit<ParsedImage['windows']['sysprep'], 'computerName' | 'domainJoin'> & {
      /** `*`: Windows invents one. */
      readonly computerName: string;
      readonly domainJoin?: DomainJoin | undefined;
    };
  };
  readonly openssh: Omit<ParsedImage['openssh'], 'authorizedKeys' | 'sources'> & {
    readonly sources: readonly OpensshSource[];
    readonly authorizedKeys: readonly AuthorizedKey[];
  };
  /** At most one of the two is there. */
  readonly docker?: (ContainerRuntime & { readonly daemon?: DaemonSettings | undefined }) | undefined;
  readonly containerd?: ContainerRuntime | undefined;
  readonly steps: readonly OwnStep[];
  readonly template: Omit<ParsedImage['template'], 'name' | 'folder'> & {
    readonly name: string;
    readonly folder: string;
  };
  readonly publish: Publish;
}

/**
 * Fills in what follows from other fields: the defaults a Windows version, absolute paths, the first NIC, the order of
 * the user's steps. The rules across fields must hold.
 */
export function finishImage(parsed: ParsedImage, path: string): Image {
  const file = resolve(path);
  const directory = dirname(file);
  const { variables: _, hardware, windows, ...rest } = parsed;
  const { secureBoot = hardware.firmware === 'efi', guestId, ...machine } = hardware;
  return {
    ...rest,
    file,
    directory,
    vcenter: { ...parsed.vcenter, caFile: parsed.vcenter.caFile && resolve(directory, parsed.vcenter.caFile) },
    media: {
      ...parsed.media,
      iso: parsed.media.iso && absolute(parsed.media.iso, directory),
      caFile: parsed.media.caFile && resolve(directory, parsed.media.caFile),
      toolsIso: absolute(parsed.media.toolsIso, directory),
      files: parsed.media.files.map(({ from, to }) => ({ from: resolve(directory, from), to: to ?? basename(from) })),
      language: parsed.media.language ?? windows.uiLanguage,
    },
    source: finishSource(parsed, directory),
    hardware: {
      ...machine,
      secureBoot,
      guestIds: guestId === undefined ? guestIds(windows.version, hardware.version) : [guestId],
      nics: [{ network: parsed.placement.network }, ...hardware.nics],
    },
    windows: {
      ...windows,
      build: windowsBuild(windows.version),
      sysprep: {
        ...windows.sysprep,
        computerName: windows.sysprep.computerName ?? windows.computerName,
        domainJoin: finishDomainJoin(windows.sysprep.domainJoin),
      },
    },
    openssh: {
      ...parsed.openssh,
      ...absoluteLogin(parsed.openssh, directory),
      sources: parsed.openssh.sources ?? sourcesOf(parsed.openssh),
      featuresOnDemand: parsed.openssh.featuresOnDemand && resolve(directory, parsed.openssh.featuresOnDemand),
      archive: parsed.openssh.archive && resolve(directory, parsed.openssh.archive),
      authorizedKeys: parsed.openssh.authorizedKeys.map((key) =>
        key.kind === 'file' ? { kind: 'file', path: resolve(directory, key.path) } : key,
      ),
    },
    certificates: parsed.certificates.map(({ file, store }) => ({ file: resolve(directory, file), store })),
    docker: parsed.docker && { ...runtime(parsed.docker, directory, dockerUrl), daemon: parsed.docker.daemon },
    containerd: parsed.containerd && runtime(parsed.containerd, directory, containerdUrl),
    steps: finishSteps(parsed, directory),
    template: {
      ...parsed.template,
      name: parsed.template.name ?? parsed.name,
      folder: parsed.template.folder ?? parsed.placement.folder,
    },
    publish: finishPublish(parsed, directory),
  };
}

function absolute(location: MediaLocation, directory: string): MediaLocation {
  return location.kind === 'file' ? { kind: 'file', path: resolve(directory, location.path) } : location;
}

/** Windows Update first, then what the file names besides. */
function sourcesOf({ featuresOnDemand, archive }: ParsedImage['openssh']): OpensshSource[] {
  const named = { 'features-on-demand': featuresOnDemand, archive };
  const more = (['features-on-demand', 'archive'] as const).filter((source) => named[source] !== undefined);
  return ['capability', ...more];
}

function dockerUrl(version: string): string {
  return `https://download.docker.com/win/static/stable/x86_64/docker-${version}.zip`;
}

function containerdUrl(version: string): string {
  return `https://github.com/containerd/containerd/releases/download/v${version}/containerd-${version}-windows-amd64.tar.gz`;
}

function runtime(
  input: NonNullable<ParsedImage['docker']>,
  directory: string,
  url: (version: string) => string,
): ContainerRuntime {
  const { version, sha256, archive, proxy } = input;
  return archive === undefined
    ? { version, sha256, proxy, source: { kind: 'url', url: input.url ?? url(version) } }
    : { version, sha256, source: { kind: 'file', path: resolve(directory, archive) } };
}

/** What each step comes after: what it names, else the unplaced step above it, else `memory-dump`. */
export function stepOrder(steps: readonly { readonly name?: string; readonly after?: string | undefined }[]): string[] {
  let last: string = DEFAULT_AFTER;
  return steps.map(({ name = '', after }) => {
    if (after !== undefined) return after;
    const before = last;
    last = name;
    return before;
  });
}

function finishSteps(parsed: ParsedImage, directory: string): OwnStep[] {
  const order = stepOrder(parsed.steps);
  return parsed.steps.map((step, index) => {
    const base = {
      name: step.name,
      title: step.title ?? step.name,
      after: order[index] ?? DEFAULT_AFTER,
      timeout: step.timeout ?? parsed.timeouts.step,
      retry: step.retry,
      ...(step.reboot !== undefined && { reboot: step.reboot }),
    };
    const parameters = step.parameters ?? {};
    if (step.powershell !== undefined) return { ...base, kind: 'powershell', powershell: step.powershell, parameters };
    if (step.script !== undefined) {
      return { ...base, kind: 'script', script: resolve(directory, step.script), parameters };
    }
    if (step.upload !== undefined) {
      return { ...base, kind: 'upload', from: resolve(directory, step.upload.from), to: step.upload.to };
    }
    return { ...base, kind: 'restart' };
  });
}
