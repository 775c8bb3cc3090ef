import type { Image } from '../image/index.ts';
import type { Fit, Fitness } from './fit.ts';
import { type WmcoRelease, wmcoRelease } from './wmco.ts';
import { accessFits } from './wmco-fit-access.ts';
import { sysprepFits } from './wmco-fit-sysprep.ts';

/**
 * Whether an image file fits the Windows Machine Config Operator of an OpenShift version. Nothing but the file is looked
 * at, and the key files that it names.
 * @throws IngotError `handover.unknown-release`
 */
export async function fitsOpenshift(image: Image, version: string): Promise<Fitness> {
  const { release, newer } = wmcoRelease(version);
  const unread: Fit = {
    rule: 'release',
    state: 'unknown',
    expected: `a release whose prerequisites were read (to ${release.openshift})`,
    found: `${version}, which is newer: the rules of ${release.openshift} are applied`,
    source: release.source,
  };
  const access = await accessFits(image, release);
  return {
    consumer: `openshift:${version}`,
    fits: [
      ...(newer ? [unread] : []),
      ...windowsFits(image, release),
      runtimeFit(image, release),
      hardwareFit(image, release),
      networkCardsFit(image, release),
      ...toolsFits(image, release),
      ...access,
      ...sysprepFits(image),
    ],
  };
}

function windowsFits({ windows, updates }: Image, { openshift, windows: listed, source }: WmcoRelease): Fit[] {
  const path = ['windows', 'version'];
  const names = listed.map(({ version }) => version);
  const expected =
    names.length === 0 ? 'another platform: vSphere is supported from OpenShift 4.7 on' : names.join(' or ');
  const listing = listed.find(({ version }) => version === windows.version);
  if (listing === undefined) {
    const remedy =
      names.length === 0
        ? 'use a newer OpenShift'
        : `OpenShift ${openshift} supports no other Windows on vSphere: set windows.version to one that is listed`;
    const fit = { rule: 'windows', expected, found: windows.version, remedy, path, source };
    return [{ ...fit, state: 'wrong' }];
  }
  const { until, from, build } = listing;
  const when =
    until !== undefined
      ? `, listed until ${until}, when Microsoft's support was about to end`
      : from !== undefined
        ? `, listed since ${from}`
        : '';
  const fits: Fit[] = [{ rule: 'windows', state: 'right', expected, found: `${windows.version}${when}`, path, source }];
  if (build === undefined) return fits;
  const updated = updates !== 'none' && updates.include.length === 0;
  fits.push({
    rule: 'windows-build',
    state: updated ? 'right' : 'unknown',
    expected: `build ${build} or later (KB5012637)`,
    found: updated ? 'that updates are installed' : 'no updates: the build is that of the ISO, which a build shows',
    remedy: updated ? undefined : 'take media of 2022-05 or later, or have updates installed',
    path: ['updates'],
    source,
  });
  return fits;
}

function runtimeFit({ docker, containerd }: Image, { openshift, runtime, source }: WmcoRelease): Fit {
  const has = docker === undefined ? (containerd === undefined ? undefined : 'containerd') : 'docker';
  const found = has ?? 'no runtime';
  const fit = { rule: 'runtime', found, path: has === undefined ? [] : [has], source };
  if (runtime === undefined) return { ...fit, state: 'unknown', expected: `what is not documented for ${openshift}` };
  if (runtime === 'docker') {
    return {
      ...fit,
      state: has === 'docker' ? 'right' : 'wrong',
      expected: 'docker: operators of OpenShift 4.10 and before use what is in the image',
      remedy: has === 'docker' ? undefined : `${has === undefined ? 'add' : 'replace containerd by'} a section docker`,
    };
  }
  return {
    ...fit,
    state: has === undefined ? 'right' : 'wrong',
    expected: 'no runtime: the operator brings containerd from OpenShift 4.11 on',
    remedy: has === undefined ? undefined : `remove the section ${has}: its service would stand beside the operator's`,
  };
}

function hardwareFit({ hardware }: Image, { hardware: wanted, openshift, source }: WmcoRelease): Fit {
  const fit = { rule: 'hardware-version', found: `vmx-${hardware.version}`, path: ['hardware', 'version'], source };
  if (wanted === undefined) return { ...fit, state: 'unknown', expected: `what is not documented for ${openshift}` };
  const right = hardware.version >= wanted.minimum;
  return {
    ...fit,
    state: right ? 'right' : 'wrong',
    expected: `vmx-${wanted.minimum} or later (${wanted.required ? 'required' : 'recommended'})`,
    remedy: right ? undefined : `set hardware.version to ${wanted.minimum} or more`,
  };
}

function networkCardsFit({ hardware }: Image, { source }: WmcoRelease): Fit {
  const cards = hardware.nics.length;
  return {
    rule: 'network-cards',
    state: cards === 1 ? 'right' : 'wrong',
    expected: 'one network card: the operator does not support two',
    found: String(cards),
    remedy: cards === 1 ? undefined : 'remove hardware.nics',
    path: ['hardware', 'nics'],
    source,
  };
}

function toolsFits({ tools }: Image, { tools: wanted, openshift, source }: WmcoRelease): Fit[] {
  const path = ['tools', 'minimumVersion'];
  const found = `${tools.minimumVersion} or later`;
  const enough = wanted !== undefined && !isOlder(tools.minimumVersion, wanted);
  const version: Fit =
    wanted === undefined
      ? { rule: 'tools', state: 'unknown', expected: `what is not documented for ${openshift}`, found, path, source }
      : {
          rule: 'tools',
          state: enough ? 'right' : 'wrong',
          expected: `VMware Tools ${wanted} or later`,
          found,
          remedy: enough ? undefined : `set tools.minimumVersion to ${wanted} or leave it out`,
          path,
          source,
        };
  const { excludeNics } = tools;
  return [
    version,
    {
      rule: 'exclude-nics',
      state: excludeNics === '' ? 'right' : 'wrong',
      expected: 'an empty exclude-nics in tools.conf: vCenter must show the address of the vNIC of the overlay',
      found: excludeNics === '' ? 'an empty one' : JSON.stringify(excludeNics),
      remedy: excludeNics === '' ? undefined : "set tools.excludeNics to '' or leave it out",
      path: ['tools', 'excludeNics'],
      source,
    },
  ];
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.+-]/, 3).map(Number));
  const at = [0, 1, 2].find((index) => (a?.[index] ?? 0) !== (b?.[index] ?? 0));
  return at !== undefined && (a?.[at] ?? 0) < (b?.[at] ?? 0);
}
