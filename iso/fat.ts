/** What the first sector of a FAT file system says of its shape (Microsoft FAT specification 1.03, section 3). */
export interface FatShape {
  /** Of the whole file system, by its count of sectors. */
  readonly bytes: number;
  readonly bytesPerSector: number;
  /** 0xF0 for floppy disks, 0xF8 for the rest, mostly. */
  readonly media: number;
  /** It begins with a jump, as the specification asks for. */
  readonly jump: boolean;
  /** 55 AA at offset 510. */
  readonly signature: boolean;
}

/** Bytes that `fatShape` looks at. */
export const FAT_BOOT_SECTOR = 512;

/** @returns undefined when no FAT file system begins with these 512 bytes */
export function fatShape(boot: Buffer): FatShape | undefined {
  const bytesPerSector = boot.readUInt16LE(11);
  const clusterSectors = boot.readUInt8(13);
  const reserved = boot.readUInt16LE(14);
  const fats = boot.readUInt8(16);
  const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32);
  const media = boot.readUInt8(21);
  const powerOfTwo = clusterSectors > 0 && (clusterSectors & (clusterSectors - 1)) === 0;
  const counts = powerOfTwo && reserved > 0 && fats > 0 && sectors > 0;
  if (![512, 1024, 2048, 4096].includes(bytesPerSector) || !counts || !(media === 0xf0 || media >= 0xf8)) {
    return undefined;
  }
  return {
    bytes: sectors * bytesPerSector,
    bytesPerSector,
    media,
    jump: (boot.readUInt8(0) === 0xeb && boot.readUInt8(2) === 0x90) || boot.readUInt8(0) === 0xe9,
    signature: boot.readUInt16LE(510) === 0xaa55,
  };
}

/**
 * Why a FAT image cannot stand for another; undefined when it can. What the one has, the other must have: the boot
 * entry that loaded one will load the other, and firmware knows its size from the entry or from the file system.
 */
export function whyAnotherShape(shape: FatShape, expected: FatShape): string | undefined {
  if (shape.bytes !== expected.bytes) return `a file system of ${shape.bytes} bytes, expected ${expected.bytes}`;
  if (shape.bytesPerSector !== expected.bytesPerSector) {
    return `sectors of ${shape.bytesPerSector} bytes, expected ${expected.bytesPerSector}`;
  }
  if (shape.media !== expected.media) return `the media byte ${shape.media}, expected ${expected.media}`;
  if (expected.jump && !shape.jump) return 'no jump at its beginning';
  if (expected.signature && !shape.signature) return 'no 55 AA at the end of its first sector';
  return undefined;
}
