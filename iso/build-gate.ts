import type { WindowsImage } from './wim-xml.ts';

export type WindowsVersion = '2019' | '20H2' | '2022' | '2025';

/** Whether an image is new enough for the procedure. A type alias, so that it is plain JSON. */
export type BuildGate = {
  readonly passed: boolean;
  /** build.revision of the image. */
  readonly found: string;
  /** build.revision that is asked for. */
  readonly minimum: string;
  /** Why it passes, or why it does not and what helps. */
  readonly reason: string;
  /** What to know of this version even when it passes; null: nothing. */
  readonly notice: string | null;
};

interface Release {
  readonly build: number;
  /** The oldest that passes. */
  readonly revision: number;
  readonly passes: string;
  readonly fails: string;
  readonly notice?: string;
}

/**
 * What the patches that the procedure names stand for. KB4565351 is the cumulative update of August 2020 for 1903 and 1909
 * (18362.1016, 18363.1016): no 20H2 ever lists it, but the first release of 20H2 (19042.508, October 2020) is newer.
 * KB5012637 (April 2022) made 2022 20348.681.
 */
const RELEASES: Readonly<Record<WindowsVersion, Release>> = {
  '2019': {
    build: 17763,
    revision: 0,
    passes: 'the procedure names no update for Windows Server 2019',
    fails: '',
    notice:
      'Windows Server 2019 has no VXLAN on a custom port, which OpenShift needs on vSphere: take 20H2, 2022 or 2025 for it',
  },
  '20H2': {
    build: 19042,
    revision: 508,
    passes:
      'the procedure names KB4565351, the update of August 2020 for builds 18362 and 18363; 19042.508, the first release of 20H2, is newer and holds what it brought',
    fails:
      'it is a preview of 20H2, older than its first release: nothing says that it holds what KB4565351 brought to builds 18362 and 18363; updates may bring it, newer media do',
  },
  '2022': {
    build: 20348,
    revision: 681,
    passes: 'it holds KB5012637 (20348.681), the update that the procedure names',
    fails: 'it lacks KB5012637 (20348.681), the update that the procedure names; updates bring it, newer media hold it',
  },
  '2025': {
    build: 26100,
    revision: 0,
    passes: 'the procedure names no update for Windows Server 2025',
    fails: '',
  },
};

/** Releases of Windows Server that ingot builds no images of, for messages. */
const OTHERS: Readonly<Record<number, string>> = {
  9200: '2012',
  9600: '2012 R2',
  14393: '2016',
  16299: '1709',
  17134: '1803',
  18362: '1903',
  18363: '1909',
  19041: '2004',
  25398: '23H2',
};

/** First build number of a version: 19042 for 20H2. */
export function buildOf(version: WindowsVersion): number {
  return RELEASES[version].build;
}

/** The version that a build number is of; undefined for one that ingot does not build. */
export function versionOfBuild(build: number): WindowsVersion | undefined {
  return VERSIONS.find((version) => RELEASES[version].build === build);
}

const VERSIONS: readonly WindowsVersion[] = ['2019', '20H2', '2022', '2025'];

/** `Windows Server 20H2 (build 19042)`, or what else is known of the build. */
export function releaseName(build: number): string {
  const name = versionOfBuild(build) ?? OTHERS[build];
  return name === undefined ? `build ${build}` : `Windows Server ${name} (build ${build})`;
}

/**
 * Holds an image of that version against what the procedure asks for. It may be installed though it does not pass:
 * updates lift the revision, so that is for the caller to decide.
 */
export function buildGate(
  { build, revision }: Pick<WindowsImage, 'build' | 'revision'>,
  version: WindowsVersion,
): BuildGate {
  const release = RELEASES[version];
  const passed = build === release.build && revision >= release.revision;
  const verdict = passed ? `passes: ${release.passes}` : `fails: ${release.fails}`;
  return {
    passed,
    found: `${build}.${revision}`,
    minimum: `${release.build}.${release.revision}`,
    reason: `${build}.${revision} ${verdict}`,
    notice: release.notice ?? null,
  };
}
