import { unsupported } from './corrupt.ts';
import type { RangedSource } from './source.ts';
import { readStructure, type Structure } from './structure.ts';
import { parseWimXml, type WindowsImage } from './wim-xml.ts';

/** What the header and metadata of a WIM, ESD or SWM file say. */
export interface WimFacts {
  /** 1-based; only the first part of a split WIM is sure to have the metadata. */
  readonly partNumber: number;
  readonly totalParts: number;
  /** 1-based index of the bootable image, 0 for none. */
  readonly bootIndex: number;
  /** Solid resources, as ESD files have them: one compressed stream for many files. */
  readonly solid: boolean;
  readonly images: readonly WindowsImage[];
}

const HEADER = 208;
const XML_RESOURCE = 0x48;
const FLAG_COMPRESSED = 0x04;
/** Version of files with solid resources; 0x10d00 without (wimlib documents it, Microsoft does not). */
const VERSION_SOLID = 0xe00;
/** The XML of multi-edition media has some tens of KiB. */
const LARGEST_XML = 512 * 1024;

/**
 * Reads the metadata of a WIM: its 208-byte header and the XML resource, which normally lies at the end of the file
 * (Windows Imaging File Format, Microsoft, 2007). Nothing else is read, whatever the size. Offsets in errors count
 * from the beginning of the WIM.
 *
 * @throws IngotError `iso.corrupt`; `iso.unsupported` for a compressed XML, which no tool writes
 */
export async function readWim(source: RangedSource): Promise<WimFacts> {
  const header = await readStructure(source, 'WIM header', 0, HEADER);
  const magic = header.latin1(0, 8);
  if (magic !== 'MSWIM\0\0\0') throw header.corrupt('expected the magic MSWIM');
  if (header.u32(8) < HEADER) throw header.corrupt(`it has ${header.u32(8)} bytes, expected at least ${HEADER}`);
  const text = await readXml(source, header.part('XML resource header', XML_RESOURCE, 24));
  const images = parseWimXml(text.xml, text.offset);
  const count = header.u32(44);
  if (images.length !== count) throw header.corrupt(`it has ${count} images, but its XML describes ${images.length}`);
  const [partNumber, totalParts, bootIndex] = [header.u16(40), header.u16(42), header.u32(120)];
  if (partNumber < 1 || partNumber > totalParts) throw header.corrupt(`it is part ${partNumber} of ${totalParts}`);
  if (bootIndex > count) throw header.corrupt(`its bootable image is ${bootIndex} of ${count}`);
  return { partNumber, totalParts, bootIndex, solid: header.u32(12) === VERSION_SOLID, images };
}

/** UTF-16LE, normally with a byte order mark. */
async function readXml(source: RangedSource, resource: Structure): Promise<{ xml: string; offset: number }> {
  const stored = resource.slice(0, 6).readUIntLE(0, 6) + resource.u8(6) * 2 ** 48;
  const offset = resource.u64(8);
  const size = resource.u64(16);
  if ((resource.u8(7) & FLAG_COMPRESSED) !== 0) {
    throw unsupported(resource.name, resource.offset, 'compressed XML is not read');
  }
  if (stored !== size || size > LARGEST_XML || size % 2 !== 0) {
    throw resource.corrupt(`the XML has ${stored} of ${size} bytes, expected an even number up to ${LARGEST_XML}`);
  }
  if (offset + size > source.size) {
    throw resource.corrupt(`the XML (${size} bytes at ${offset}) lies outside: the file ends at ${source.size}`);
  }
  const { bytes } = await readStructure(source, 'WIM XML', offset, size);
  return { xml: bytes.toString('utf16le').replace(/^\uFEFF/, ''), offset };
}
