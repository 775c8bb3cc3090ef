import { unsupported } from './corrupt.ts';
import type { RangedSource } from './source.ts';
import { Structure } from './structure.ts';
import { parseWimXml, type WindowsImage } from './wim-xml.ts';

/** What the header and metadata of a WIM, ESD or SWM file say. */
export interface WimFacts {
  readonly partNumber: number;
  readonly totalParts: number;
  /** 1-based index of the bootable image, 0 for none. */
  readonly bootIndex: number;
  readonly images: readonly WindowsImage[];
}

const HEADER = 208;
const XML_RESOURCE = 0x48;
const FLAG_COMPRESSED = 0x04;
/** The XML of multi-edition media has some tens of KiB. */
const LARGEST_XML = 4 * 1024 * 1024;

/**
 * Reads the metadata of a WIM: its 208-byte header and the XML resource, which normally lies at the end of the file
 * (Windows Imaging File Format, Microsoft, 2007). Nothing else is read, whatever the size.
 */
export async function readWim(source: RangedSource): Promise<WimFacts> {
  const header = new Structure('WIM header', 0, await source.read(0, Math.min(HEADER, source.size)));
  const magic = header.latin1(0, 8);
  if (magic !== 'MSWIM\0\0\0') throw header.corrupt('expected the magic MSWIM');
  const xml = header.part('XML resource header', XML_RESOURCE, 24);
  const stored = Number(xml.slice(0, 7).readUIntLE(0, 6)) + xml.u8(6) * 2 ** 48;
  const offset = xml.u64(8);
  const size = xml.u64(16);
  if ((xml.u8(7) & FLAG_COMPRESSED) !== 0) throw unsupported(xml.name, xml.offset, 'compressed XML is not read');
  if (stored !== size || size > LARGEST_XML || size % 2 !== 0) {
    throw xml.corrupt(`the XML has ${stored} of ${size} bytes, expected an even number up to ${LARGEST_XML}`);
  }
  if (offset + size > source.size) throw xml.corrupt(`the XML (${size} bytes at ${offset}) lies outside of the WIM`);
  const bytes = await source.read(offset, size);
  const images = parseWimXml(bytes.toString('utf16le').replace(/^\uFEFF/, ''), offset);
  const count = header.u32(44);
  if (images.length !== count) throw header.corrupt(`it has ${count} images, but its XML describes ${images.length}`);
  return { partNumber: header.u16(40), totalParts: header.u16(42), bootIndex: header.u32(120), images };
}
