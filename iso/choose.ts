import { IngotError } from '../common/failure.ts';
import type { WindowsImage } from './wim-xml.ts';

export type WindowsVersion = '2019' | '20H2' | '2022' | '2025';
export type WindowsEdition = 'Standard' | 'Datacenter';
export type InstallationType = 'Server' | 'Server Core';

/** What the image file asks for. */
export interface WantedImage {
  readonly version: WindowsVersion;
  readonly edition: WindowsEdition;
  /** As the WIM calls it: "Server" is with Desktop Experience. */
  readonly installationType: InstallationType;
  /** An index, name, display name, edition id or flags; it takes the place of `edition`. */
  readonly select?: string | number | undefined;
}

/** Whether the image is new enough for the procedure. A type alias, so that it is plain JSON. */
export type BuildGate = {
  readonly passed: boolean;
  /** build.revision that is asked for. */
  readonly minimum: string;
  readonly reason: string;
};

export type ChosenImage = { readonly image: WindowsImage; readonly gate: BuildGate };

interface Release {
  readonly build: number;
  readonly revision: number;
  readonly reason: string;
}

const RELEASES: Readonly<Record<WindowsVersion, Release>> = {
  '2019': {
    build: 17763,
    revision: 0,
    reason: 'Windows Server 2019 has no custom VXLAN port: OpenShift clusters that set one need 20H2 or newer',
  },
  '20H2': {
    build: 19042,
    revision: 0,
    reason: 'the patch KB4565351 of the procedure is for builds 18362 and 18363: 19042 contains what it brought',
  },
  '2022': {
    build: 20348,
    revision: 681,
    reason: 'KB5012637 (20348.681) is the oldest update that the procedure accepts',
  },
  '2025': { build: 26100, revision: 0, reason: 'any build of Windows Server 2025 will do' },
};

/**
 * Chooses the image to install. Never guesses: when several fit, or none, the error lists what the WIM holds.
 *
 * The gate in the answer compares the image's revision with what the procedure asks for; an image that does not pass
 * it can still be installed and updated, so that is for the caller to decide.
 *
 * @throws IngotError `media.image` (none or several fit), `media.architecture` (not amd64), `media.build` (another
 *   Windows version)
 */
export function chooseImage(images: readonly WindowsImage[], wanted: WantedImage): ChosenImage {
  const image = single(images, wanted);
  if (image.architecture !== 'amd64') {
    throw new IngotError(
      'media.architecture',
      `Expected an amd64 image, found ${image.architecture}: ${describe(image)}`,
      {
        remedy: 'Use the x64 media.',
        evidence: images.map(describe),
      },
    );
  }
  const release = RELEASES[wanted.version];
  if (image.build !== release.build) {
    throw new IngotError(
      'media.build',
      `Expected Windows Server ${wanted.version} (build ${release.build}), found ${versionOf(image.build)}: ${describe(image)}`,
      { remedy: 'Use other media, or correct windows.version in the image file.', evidence: images.map(describe) },
    );
  }
  const passed = image.revision >= release.revision;
  return { image, gate: { passed, minimum: `${release.build}.${release.revision}`, reason: release.reason } };
}

function single(images: readonly WindowsImage[], wanted: WantedImage): WindowsImage {
  const { candidates, what } =
    wanted.select === undefined ? byEdition(images, wanted) : bySelection(images, wanted.select);
  const sameType = candidates.filter((image) => sameText(image.installationType, wanted.installationType));
  const left = candidates.length > 1 && sameType.length > 0 ? sameType : candidates;
  const [only] = left;
  if (left.length === 1 && only !== undefined) return only;
  const found = left.length === 0 ? 'none' : `${left.length}: indexes ${left.map((image) => image.index).join(', ')}`;
  throw new IngotError('media.image', `Expected one image in the WIM with ${what}, found ${found}`, {
    remedy: 'Name one of the images below in media.edition, by its index or its name.',
    evidence: images.length === 0 ? ['the media hold no Windows images'] : images.map(describe),
  });
}

interface Selection {
  readonly candidates: readonly WindowsImage[];
  readonly what: string;
}

/** By edition and installation type: ServerStandard, ServerStandardEval, ServerStandardACor (20H2), ServerStandardCor. */
function byEdition(images: readonly WindowsImage[], wanted: WantedImage): Selection {
  const candidates = images.filter((image) => {
    const edition = image.editionId.replace(/(Eval)?(A?Cor)?$/i, '');
    return sameText(edition, `Server${wanted.edition}`) && sameText(image.installationType, wanted.installationType);
  });
  return { candidates, what: `edition ${wanted.edition} and installation type ${wanted.installationType}` };
}

function bySelection(images: readonly WindowsImage[], select: string | number): Selection {
  const text = String(select);
  const what = `index, name, edition id or flags “${text}”`;
  const ways: readonly ((image: WindowsImage) => string)[] = [
    (image) => String(image.index),
    (image) => image.name,
    (image) => image.displayName,
    (image) => image.editionId,
    (image) => image.flags,
  ];
  // An edition id and the flags may differ in case only, so what equals exactly comes first.
  for (const same of [(a: string, b: string) => a === b, sameText]) {
    for (const way of ways) {
      const candidates = images.filter((image) => same(way(image), text));
      if (candidates.length > 0) return { candidates, what };
    }
  }
  return { candidates: [], what };
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function versionOf(build: number): string {
  const known = Object.entries(RELEASES).find(([, release]) => release.build === build);
  return known === undefined ? `build ${build}` : `Windows Server ${known[0]} (build ${build})`;
}

/** One line for a person: index, name, edition id, installation type, version, architecture. */
export function describe(image: WindowsImage): string {
  const facts = [image.editionId, image.installationType, image.version, image.architecture].filter(Boolean);
  return `${image.index}: ${image.name || '(no name)'} (${facts.join(', ')})`;
}
