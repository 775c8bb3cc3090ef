import { IngotError } from '../common/failure.ts';

/** What a release of the Windows Machine Config Operator asks of a Windows image on vSphere. */
export interface WmcoRelease {
  /** Release of OpenShift, `4.9`. */
  readonly openshift: string;
  /** Version of the operator for it, `4.x`; `10.21.x` from OpenShift 4.15 on. */
  readonly operator: string;
  /** Windows Server versions that its prerequisites list for vSphere; any other is not supported. */
  readonly windows: readonly WindowsListing[];
  /** `docker`: in the image. `operator`: it brings containerd, and the image must not. Undefined: not documented. */
  readonly runtime: 'docker' | 'operator' | undefined;
  /** TCP ports that the image lets in besides 22. Undefined: not documented. */
  readonly ports: readonly { readonly port: number; readonly name: string }[] | undefined;
  /** Oldest virtual hardware version, and whether older ones are refused or only not recommended. Undefined: not documented. */
  readonly hardware: { readonly minimum: number; readonly required: boolean } | undefined;
  /** Oldest VMware Tools. Undefined: not documented. */
  readonly tools: string | undefined;
  /** Where it was read. */
  readonly source: string;
}

export interface WindowsListing {
  readonly version: string;
  /** Month in which it was taken off the list, `2022-07`. */
  readonly until?: string;
  /** Month in which it was put on the list of a release that was out already. */
  readonly from?: string;
  /** Least build, `20348.681`. */
  readonly build?: string;
}

/** KB5012637, the patch of container networking: Windows Server 2022 is listed with it only. */
const SERVER_2022: WindowsListing = { version: '2022', build: '20348.681' };
const SERVER_20H2: WindowsListing = { version: '20H2', until: '2022-07' };
const LOGS = { port: 10250, name: 'ContainerLogsPort' } as const;
const METRICS = { port: 9182, name: 'WindowsExporter' } as const;
const TOOLS = '11.0.6';

const docs = (release: string, more = '') =>
  `openshift/windows-machine-config-operator, branch release-${release}: docs/wmco-prerequisites.md, docs/vsphere-golden-image.md${more}`;

/** From this release on the operator brings containerd, and OpenShift wants hardware version 15 (its vSphere requirements). */
function recent(openshift: string, operator: string, windows: readonly WindowsListing[] = [SERVER_2022]): WmcoRelease {
  return {
    openshift,
    operator,
    windows,
    runtime: 'operator',
    ports: openshift === '4.11' ? [LOGS] : [LOGS, METRICS],
    hardware: { minimum: 15, required: true },
    tools: TOOLS,
    source: docs(openshift),
  };
}

/**
 * The releases whose prerequisites were read, oldest first. Hardware version 15 before 4.11: recommended by OpenShift's own
 * requirements (13 was deprecated), which these documents refer to from 2022-02 on.
 */
export const wmcoReleases: readonly WmcoRelease[] = [
  {
    openshift: '4.6',
    operator: '1.x',
    windows: [],
    runtime: undefined,
    ports: undefined,
    hardware: undefined,
    tools: undefined,
    source: docs('4.21', ' (its list of platforms has vSphere from 4.7 on)'),
  },
  {
    openshift: '4.7',
    operator: '2.x',
    windows: [{ version: '1909' }],
    runtime: undefined,
    ports: undefined,
    hardware: undefined,
    tools: TOOLS,
    source: 'openshift/windows-machine-config-operator, branch release-4.7: docs/vsphere-prerequisites.md',
  },
  {
    openshift: '4.8',
    operator: '3.x',
    windows: [{ version: '2004', until: '2022-01' }, SERVER_20H2, { ...SERVER_2022, from: '2022-07' }],
    runtime: 'docker',
    ports: [LOGS],
    hardware: undefined,
    tools: TOOLS,
    source: docs('4.8', ', and their history'),
  },
  {
    openshift: '4.9',
    operator: '4.x',
    windows: [{ version: '2004', until: '2022-01' }, SERVER_20H2, { ...SERVER_2022, from: '2022-05' }],
    runtime: 'docker',
    ports: [LOGS],
    hardware: { minimum: 15, required: false },
    tools: TOOLS,
    source: docs('4.9', ', and their history'),
  },
  {
    openshift: '4.10',
    operator: '5.x',
    windows: [SERVER_20H2, { ...SERVER_2022, from: '2022-05' }],
    runtime: 'docker',
    ports: [LOGS],
    hardware: { minimum: 15, required: false },
    tools: TOOLS,
    source: docs('4.10', ', and their history'),
  },
  recent('4.11', '6.x'),
  recent('4.12', '7.x'),
  recent('4.13', '8.x'),
  recent('4.14', '9.x'),
  ...['4.15', '4.16', '4.17', '4.18', '4.19', '4.20', '4.21'].map((release) =>
    recent(release, `10.${release.slice(2)}.x`),
  ),
  recent('4.22', '10.22.x', [SERVER_2022, { version: '2025' }]),
];

/** The longest name of a MachineSet on vSphere: Machines add six characters, and Windows takes 15 (WMCO, README.md). */
export const LONGEST_MACHINE_SET_NAME = 9;

/**
 * The rules of an OpenShift version such as `4.9` or `4.12.44`; of one that is newer than all that were read, those of the
 * newest.
 * @throws IngotError `handover.unknown-release`
 */
export function wmcoRelease(version: string): { readonly release: WmcoRelease; readonly newer: boolean } {
  const [oldest, newest] = [wmcoReleases.at(0), wmcoReleases.at(-1)];
  const wanted = numberOf(version);
  const release = wmcoReleases.find(({ openshift }) => numberOf(openshift) === wanted);
  if (release !== undefined) return { release, newer: false };
  if (newest !== undefined && wanted !== undefined && wanted > (numberOf(newest.openshift) ?? 0)) {
    return { release: newest, newer: true };
  }
  throw new IngotError(
    'handover.unknown-release',
    `expected a version of OpenShift from ${oldest?.openshift} on, found ${version}`,
    { remedy: `write it as openshift:${newest?.openshift}` },
  );
}

/** 4.9 is 4009: to compare them. */
function numberOf(version: string): number | undefined {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})(?:[.+-].*)?$/.exec(version) ?? [];
  return minor === undefined ? undefined : Number(major) * 1000 + Number(minor);
}
