import { SaxesParser } from 'saxes';
import { corrupt } from './corrupt.ts';

/** One Windows image of a WIM. A type alias, so that it is plain JSON; what the XML leaves out is ''. */
export type WindowsImage = {
  /** 1-based, as Setup and DISM count. */
  readonly index: number;
  readonly name: string;
  readonly description: string;
  readonly displayName: string;
  /** Edition as media flags, such as SERVERSTANDARDCORE. */
  readonly flags: string;
  readonly architecture: 'x86' | 'arm' | 'ia64' | 'amd64' | 'arm64' | 'unknown';
  /** Such as ServerStandard, ServerDatacenterEval, ServerStandardACor. */
  readonly editionId: string;
  /** "Server" is with Desktop Experience. */
  readonly installationType: string;
  /** a.b.build.spbuild */
  readonly version: string;
  readonly build: number;
  /** Service-pack build: the cumulative update that the image holds. */
  readonly revision: number;
  /** Each once, the default one first. */
  readonly languages: readonly string[];
  readonly defaultLanguage: string;
  /** An evaluation edition: it takes no product key. */
  readonly evaluation: boolean;
  /** Bytes of all files of the image, each name of a file counted. */
  readonly totalBytes: number;
  /** Of `totalBytes`, what hard links count again: the difference is what the image takes when applied. */
  readonly hardLinkBytes: number;
};

/** Values of WINDOWS/ARCH: PROCESSOR_ARCHITECTURE_* of winnt.h. */
const ARCHITECTURES: Readonly<Record<string, WindowsImage['architecture']>> = {
  '0': 'x86',
  '5': 'arm',
  '6': 'ia64',
  '9': 'amd64',
  '12': 'arm64',
};
const LANGUAGE = 'WINDOWS/LANGUAGES/LANGUAGE';
const TEXTS = new Set([
  'NAME',
  'DESCRIPTION',
  'DISPLAYNAME',
  'FLAGS',
  'TOTALBYTES',
  'HARDLINKBYTES',
  'WINDOWS/ARCH',
  'WINDOWS/EDITIONID',
  'WINDOWS/INSTALLATIONTYPE',
  'WINDOWS/VERSION/MAJOR',
  'WINDOWS/VERSION/MINOR',
  'WINDOWS/VERSION/BUILD',
  'WINDOWS/VERSION/SPBUILD',
  'WINDOWS/LANGUAGES/DEFAULT',
  LANGUAGE,
]);
const MOST_IMAGES = 1000;
const MOST_LEVELS = 32;
const MOST_LANGUAGES = 200;
const LONGEST_PATH = 100;

/** The texts of one image, by the path of their element below it. */
interface Texts {
  readonly index: string;
  readonly values: Map<string, string>;
  readonly languages: string[];
}

/**
 * Reads the XML metadata of a WIM: `/WIM/IMAGE[@INDEX]` and what is below.
 *
 * @param offset where the XML lies in the WIM, for messages
 */
export function parseWimXml(xml: string, offset: number): readonly WindowsImage[] {
  const images: WindowsImage[] = [];
  /** Paths of the open elements below IMAGE, '' where nothing below is of interest. */
  const path: string[] = [];
  let image: Texts | undefined;
  let text = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw corrupt('WIM XML', offset, error.message);
  });
  parser.on('doctype', () => {
    throw corrupt('WIM XML', offset, 'it has a document type, expected none');
  });
  parser.on('opentag', ({ name, attributes }) => {
    const level = path.length;
    if (level >= MOST_LEVELS) throw corrupt('WIM XML', offset, `it has more than ${MOST_LEVELS} levels`);
    if (level === 0 && name !== 'WIM') throw corrupt('WIM XML', offset, `expected WIM, found “${name.slice(0, 40)}”`);
    if (level === 1 && name === 'IMAGE') {
      if (images.length >= MOST_IMAGES) throw corrupt('WIM XML', offset, `it has more than ${MOST_IMAGES} images`);
      image = { index: attributes.INDEX ?? '', values: new Map(), languages: [] };
    }
    path.push(level < 2 ? '' : elementPath(level === 2, path.at(-1) ?? '', name));
    text = '';
  });
  const collect = (piece: string) => {
    text += piece;
  };
  parser.on('text', collect);
  parser.on('cdata', collect);
  parser.on('closetag', () => {
    const key = path.pop() ?? '';
    if (image !== undefined && TEXTS.has(key)) {
      if (key !== LANGUAGE) image.values.set(key, image.values.get(key) ?? text.trim());
      else if (image.languages.length < MOST_LANGUAGES) image.languages.push(text.trim());
      else throw corrupt('WIM XML', offset, `an image has more than ${MOST_LANGUAGES} languages`);
    }
    if (image !== undefined && path.length === 1) {
      images.push(windowsImage(image, offset));
      image = undefined;
    }
    text = '';
  });
  parser.write(xml).close();
  checkIndexes(images, offset);
  return images;
}

/** Bounded, so that long names in each other do not cost their product. */
function elementPath(first: boolean, parent: string, name: string): string {
  if (name.length > LONGEST_PATH || (!first && parent === '')) return '';
  const path = first ? name : `${parent}/${name}`;
  return path.length > LONGEST_PATH ? '' : path;
}

function windowsImage(image: Texts, offset: number): WindowsImage {
  const value = (key: string) => image.values.get(key) ?? '';
  const number = (key: string) => whole(value(key), key, offset);
  const build = number('WINDOWS/VERSION/BUILD');
  const revision = number('WINDOWS/VERSION/SPBUILD');
  const editionId = value('WINDOWS/EDITIONID');
  const defaultLanguage = value('WINDOWS/LANGUAGES/DEFAULT');
  const isDefault = (language: string) => language.toLowerCase() === defaultLanguage.toLowerCase();
  return {
    index: whole(image.index, 'IMAGE INDEX', offset),
    name: value('NAME'),
    description: value('DESCRIPTION'),
    displayName: value('DISPLAYNAME'),
    flags: value('FLAGS'),
    architecture: ARCHITECTURES[value('WINDOWS/ARCH')] ?? 'unknown',
    editionId,
    installationType: value('WINDOWS/INSTALLATIONTYPE'),
    version: [number('WINDOWS/VERSION/MAJOR'), number('WINDOWS/VERSION/MINOR'), build, revision].join('.'),
    build,
    revision,
    languages: distinctLanguages([...image.languages].sort((a, b) => Number(isDefault(b)) - Number(isDefault(a)))),
    defaultLanguage,
    evaluation: /Eval(A?Cor)?$/i.test(editionId),
    totalBytes: number('TOTALBYTES'),
    hardLinkBytes: number('HARDLINKBYTES'),
  };
}

/** Each language once, in the order and case of its first mention; language tags compare without regard to case. */
export function distinctLanguages(languages: Iterable<string>): readonly string[] {
  const known = new Map<string, string>();
  for (const language of languages) {
    const key = language.toLowerCase();
    if (key !== '' && !known.has(key)) known.set(key, language);
  }
  return [...known.values()];
}

function checkIndexes(images: readonly WindowsImage[], offset: number): void {
  const indexes = new Set(images.map((image) => image.index));
  if (indexes.has(0)) throw corrupt('WIM XML', offset, 'an image has no INDEX, expected 1 or more');
  if (indexes.size !== images.length) throw corrupt('WIM XML', offset, 'two images have the same INDEX');
}

function whole(text: string, name: string, offset: number): number {
  if (text === '') return 0;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw corrupt('WIM XML', offset, `expected a whole number in ${name}, found “${text.slice(0, 40)}”`);
  }
  return value;
}
