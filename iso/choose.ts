import { IngotError } from '../common/failure.ts';
import { type BuildGate, buildGate, buildOf, releaseName, versionOfBuild, type WindowsVersion } from './build-gate.ts';
import type { WindowsImage } from './wim-xml.ts';

export type { BuildGate, WindowsVersion } from './build-gate.ts';

export type WindowsEdition = 'Standard' | 'Datacenter';
export type InstallationType = 'Server' | 'Server Core';

/** What the image file asks for. */
export interface WantedImage {
  readonly version: WindowsVersion;
  readonly edition: WindowsEdition;
  /** As the WIM calls it: "Server" is with Desktop Experience. */
  readonly installationType: InstallationType;
  /**
   * An index, name, display name, edition id or flags; it takes the place of `edition`. All but an edition id take the place
   * of `installationType` too, since they name one of both.
   */
  readonly select?: string | number | undefined;
}

export type ChosenImage = { readonly image: WindowsImage; readonly gate: BuildGate };

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
        evidence: listed(images),
      },
    );
  }
  const build = buildOf(wanted.version);
  if (image.build !== build) {
    throw new IngotError(
      'media.build',
      `Expected Windows Server ${wanted.version} (build ${build}), found ${releaseName(image.build)}: ${describe(image)}`,
      { remedy: 'Use other media, or correct windows.version in the image file.', evidence: listed(images) },
    );
  }
  return { image, gate: buildGate(image, wanted.version) };
}

/** What an image file says so that one image of some media is the one that is installed. */
export type ImageSettings = {
  readonly version: WindowsVersion;
  /** null: the image is none of the two, and `select` names it. */
  readonly edition: WindowsEdition | null;
  readonly installationType: InstallationType;
  /** For `media.edition`; null where the other three are enough. */
  readonly select: string | number | null;
};

/** Says how to choose an image; undefined when ingot builds nothing of it. Held against `chooseImage` itself. */
export function settingsFor(images: readonly WindowsImage[], image: WindowsImage): ImageSettings | undefined {
  const version = versionOfBuild(image.build);
  const installationType = TYPES.find((type) => sameText(type, image.installationType));
  if (version === undefined || installationType === undefined || image.architecture !== 'amd64') return undefined;
  const edition = EDITIONS.find((candidate) => isEdition(image, candidate)) ?? null;
  const wanted = { version, edition: edition ?? 'Standard', installationType };
  for (const select of [null, image.name, image.index]) {
    if (select === null && edition === null) continue;
    if (choosesThis(images, { ...wanted, select: select ?? undefined }, image)) return { ...wanted, edition, select };
  }
  return undefined;
}

function choosesThis(images: readonly WindowsImage[], wanted: WantedImage, image: WindowsImage): boolean {
  try {
    return chooseImage(images, wanted).image === image;
  } catch (error) {
    if (error instanceof IngotError) return false;
    throw error;
  }
}

function single(images: readonly WindowsImage[], wanted: WantedImage): WindowsImage {
  const { candidates, what } =
    wanted.select === undefined ? byEdition(images, wanted) : bySelection(images, wanted.select, wanted);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return only;
  const indexes = candidates.map((image) => image.index).join(', ');
  const found = candidates.length === 0 ? 'none' : `${candidates.length}: indexes ${indexes}`;
  throw new IngotError('media.image', `Expected one image in the WIM with ${what}, found ${found}`, {
    remedy: 'Name one of the images below in media.edition, by its index or its name.',
    evidence: images.length === 0 ? ['the media hold no Windows images'] : listed(images),
  });
}

interface Selection {
  readonly candidates: readonly WindowsImage[];
  readonly what: string;
}

/** By edition and installation type: ServerStandard, ServerStandardEval, ServerStandardACor (20H2), ServerStandardCor. */
function byEdition(images: readonly WindowsImage[], { edition, installationType }: WantedImage): Selection {
  const candidates = images.filter((image) => isEdition(image, edition) && isType(image, installationType));
  return { candidates, what: `edition ${edition} and installation type ${installationType}` };
}

interface Way {
  readonly name: string;
  of(image: WindowsImage): string;
  /** It names an edition as such, with and without Desktop Experience. */
  readonly bothTypes?: boolean;
}

/** The first that something is found by. A name that says "Core" by itself may differ from what is asked for elsewhere. */
const WAYS: readonly Way[] = [
  { name: 'index', of: (image) => String(image.index) },
  { name: 'name', of: (image) => image.name },
  { name: 'display name', of: (image) => image.displayName },
  { name: 'edition id', of: (image) => image.editionId, bothTypes: true },
  { name: 'flags', of: (image) => image.flags },
];

function bySelection(
  images: readonly WindowsImage[],
  select: string | number,
  { installationType }: WantedImage,
): Selection {
  const text = String(select).trim();
  // An edition id and the flags may differ in case only, so what equals exactly comes first.
  for (const same of [(a: string, b: string) => a === b, sameText]) {
    for (const { name, of, bothTypes } of WAYS) {
      const found = images.filter((image) => text !== '' && same(of(image), text));
      if (found.length === 0) continue;
      const what = `the ${name} “${text}”`;
      if (bothTypes !== true) return { candidates: found, what };
      const candidates = found.filter((image) => isType(image, installationType));
      return { candidates, what: `${what} and installation type ${installationType}` };
    }
  }
  return { candidates: [], what: `index, name, edition id or flags “${text}”` };
}

const EDITIONS: readonly WindowsEdition[] = ['Standard', 'Datacenter'];
const TYPES: readonly InstallationType[] = ['Server', 'Server Core'];

function isEdition(image: WindowsImage, edition: WindowsEdition): boolean {
  return sameText(image.editionId.replace(/(Eval)?(A?Cor)?$/i, ''), `Server${edition}`);
}

function isType(image: WindowsImage, type: InstallationType): boolean {
  return sameText(image.installationType, type);
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const MOST_LISTED = 50;

/** What the WIM holds, a line an image. */
function listed(images: readonly WindowsImage[]): readonly string[] {
  const rest = images.length - MOST_LISTED;
  return [...images.slice(0, MOST_LISTED).map(describe), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

/** One line for a person: index, name, edition id, installation type, version, architecture. */
function describe(image: WindowsImage): string {
  const facts = [image.editionId, image.installationType, image.version, image.architecture].filter(Boolean);
  return `${image.index}: ${image.name || '(no name)'} (${facts.join(', ')})`;
}
