import { SECTOR } from './sector.ts';
import type { RangedSource } from './source.ts';
import { readStructure, type Structure } from './structure.ts';

const FIRST_DESCRIPTOR = 16;
/** The sequence ends long before; UDF's volume descriptors mostly lie in what is read with it. */
const MOST_DESCRIPTORS = 32;
const BOOT_RECORD = 0;
const PRIMARY = 1;
const SUPPLEMENTARY = 2;
const OTHER_STANDARDS = ['BEA01', 'NSR02', 'NSR03', 'BOOT2', 'CDW02'];
/** Escape sequences that say UCS-2 levels 1 to 3: the Joliet specification. */
const JOLIET_ESCAPES = ['%/@', '%/C', '%/E'];

/** The volume descriptors of an image: ECMA-119 8, and what the image announces beside ISO 9660. */
export interface VolumeDescriptors {
  readonly primary: Structure | undefined;
  readonly joliet: Structure | undefined;
  readonly boot: Structure | undefined;
  /** The volume recognition sequence names NSR02 or NSR03: there is UDF (ECMA-167 2/8). */
  readonly udf: boolean;
}

/** Reads the descriptors from sector 16 on; an image without any has none of the fields. */
export async function readVolumeDescriptors(source: RangedSource): Promise<VolumeDescriptors> {
  const found: { -readonly [field in keyof VolumeDescriptors]: VolumeDescriptors[field] } = {
    primary: undefined,
    joliet: undefined,
    boot: undefined,
    udf: false,
  };
  const begin = FIRST_DESCRIPTOR * SECTOR;
  const count = Math.min(MOST_DESCRIPTORS, Math.floor((source.size - begin) / SECTOR));
  if (count <= 0) return found;
  const area = await readStructure(source, 'volume descriptors', begin, count * SECTOR);
  let extendedArea = false;
  for (let index = 0; index < count; index += 1) {
    const descriptor = area.part('Volume Descriptor', index * SECTOR, SECTOR);
    const standard = descriptor.latin1(1, 5);
    if (standard === 'TEA01') break;
    if (standard === 'BEA01') extendedArea = true;
    if (standard === 'NSR02' || standard === 'NSR03') found.udf = true;
    if (standard === 'CD001') takeDescriptor(descriptor, found);
    // Media with blocks of more than 2048 bytes have one descriptor a block, with nothing between.
    else if (!OTHER_STANDARDS.includes(standard) && !(extendedArea && /^\0+$/.test(standard))) break;
  }
  return found;
}

function takeDescriptor(
  descriptor: Structure,
  found: { -readonly [field in keyof VolumeDescriptors]: VolumeDescriptors[field] },
): void {
  const type = descriptor.u8(0);
  if (type === PRIMARY) found.primary ??= descriptor;
  if (type === SUPPLEMENTARY && JOLIET_ESCAPES.includes(descriptor.latin1(88, 3))) found.joliet ??= descriptor;
  if (type === BOOT_RECORD && descriptor.latin1(7, 23) === 'EL TORITO SPECIFICATION') found.boot ??= descriptor;
}
