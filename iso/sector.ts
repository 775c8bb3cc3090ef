/** Bytes of one sector of optical media; also the logical block of ISO 9660 as it is used. */
export const SECTOR = 2048;

/** Whole sectors that hold so many bytes. */
export function sectors(bytes: number): number {
  return Math.ceil(bytes / SECTOR);
}
