import { all, at, parseXml, textAt } from '../xml.ts';
import type { Disc } from './disc.ts';

/** One image of a WIM, as its XML describes it. */
export interface WimImage {
  readonly index: number;
  readonly name: string;
  readonly description: string;
  readonly editionId: string;
  /** `Server` or `Server Core`. */
  readonly installationType: string;
  /** For instance `19042.508`. */
  readonly build: string;
}

const HEADER = 208;

/** Reads the image list of a WIM on a disc ([MS-WIM]: header, then UTF-16LE XML). Undefined if it is no WIM. */
export async function readWimImages(disc: Disc, path: string): Promise<WimImage[] | undefined> {
  const file = disc.find(path);
  if (file === undefined) return undefined;
  const header = await disc.read(file, 0, HEADER);
  if (header.length < HEADER || header.toString('latin1', 0, 8) !== 'MSWIM\0\0\0') return undefined;
  const size = header.readUIntLE(0x48, 6);
  const xml = await disc.read(file, Number(header.readBigUInt64LE(0x50)), size);
  const root = parseXml(xml.toString('utf16le').replace(/^\uFEFF/, ''));
  return all(root, 'IMAGE').map((image) => {
    const windows = at(image, 'WINDOWS');
    const version = at(windows, 'VERSION');
    return {
      index: Number(image.attributes.INDEX),
      name: textAt(image, 'NAME') ?? '',
      description: textAt(image, 'DESCRIPTION') ?? '',
      editionId: textAt(windows, 'EDITIONID') ?? '',
      installationType: textAt(windows, 'INSTALLATIONTYPE') ?? 'Server',
      build: `${textAt(version, 'BUILD') ?? '0'}.${textAt(version, 'SPBUILD') ?? '0'}`,
    };
  });
}
