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
  readonly languages: readonly string[];
  readonly defaultLanguage: string;
  /** An evaluation edition: it takes no product key. */
  readonly evaluation: boolean;
  /** Bytes that the files of the image take when applied. */
  readonly totalBytes: number;
};

/** Values of WINDOWS/ARCH: PROCESSOR_ARCHITECTURE_* of winnt.h. */
const ARCHITECTURES: Readonly<Record<string, WindowsImage['architecture']>> = {
  '0': 'x86',
  '5': 'arm',
  '6': 'ia64',
  '9': 'amd64',
  '12': 'arm64',
};
const MOST_IMAGES = 1000;
const MOST_LEVELS = 32;

/**
 * Reads the XML metadata of a WIM: `/WIM/IMAGE[@INDEX]` and what is below.
 *
 * @param offset where the XML lies in the WIM, for messages
 */
export function parseWimXml(xml: string, offset: number): readonly WindowsImage[] {
  const images: WindowsImage[] = [];
  const path: string[] = [];
  let index = '';
  let values = new Map<string, string[]>();
  let text = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw corrupt('WIM XML', offset, error.message);
  });
  parser.on('doctype', () => {
    throw corrupt('WIM XML', offset, 'it has a document type, expected none');
  });
  parser.on('opentag', (tag) => {
    path.push(tag.name);
    text = '';
    if (path.length > MOST_LEVELS) throw corrupt('WIM XML', offset, `it has more than ${MOST_LEVELS} levels`);
    if (path.join('/') === 'WIM/IMAGE') {
      index = tag.attributes.INDEX ?? '';
      values = new Map();
    }
  });
  const collect = (piece: string) => {
    text += piece;
  };
  parser.on('text', collect);
  parser.on('cdata', collect);
  parser.on('closetag', () => {
    if (path.length > 2) {
      const key = path.slice(2).join('/');
      values.set(key, [...(values.get(key) ?? []), text.trim()]);
    } else if (path.join('/') === 'WIM/IMAGE') {
      if (images.length >= MOST_IMAGES) throw corrupt('WIM XML', offset, `it has more than ${MOST_IMAGES} images`);
      images.push(windowsImage(index, values, offset));
    }
    text = '';
    path.pop();
  });
  parser.write(xml).close();
  return images;
}

function windowsImage(index: string, values: ReadonlyMap<string, readonly string[]>, offset: number): WindowsImage {
  const value = (key: string) => values.get(key)?.[0] ?? '';
  const number = (key: string) => whole(value(key), key, offset);
  const build = number('WINDOWS/VERSION/BUILD');
  const revision = number('WINDOWS/VERSION/SPBUILD');
  const editionId = value('WINDOWS/EDITIONID');
  return {
    index: whole(index, 'IMAGE INDEX', offset),
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
    languages: values.get('WINDOWS/LANGUAGES/LANGUAGE') ?? [],
    defaultLanguage: value('WINDOWS/LANGUAGES/DEFAULT'),
    evaluation: /Eval(Cor)?$/i.test(editionId),
    totalBytes: number('TOTALBYTES'),
  };
}

function whole(text: string, name: string, offset: number): number {
  if (text === '') return 0;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw corrupt('WIM XML', offset, `expected a whole number in ${name}, found “${text.slice(0, 40)}”`);
  }
  return value;
}
