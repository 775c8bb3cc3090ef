import { IngotError } from '../common/failure.ts';

/**
 * The error of every reader in this room: a structure that its own format forbids, or that leads out of the file.
 *
 * @param structure name of the structure in its specification ("File Entry", "WIM header")
 * @param offset absolute byte offset in the source where the structure begins
 * @param detail what was expected and what was found
 */
export function corrupt(structure: string, offset: number, detail: string): IngotError {
  return new IngotError('iso.corrupt', `${structure} at offset ${offset}: ${detail}`, {
    remedy: 'Download or copy the file again and compare its checksum with the publisher’s.',
    evidence: [`structure: ${structure}`, `offset: ${offset}`],
  });
}

/** Whether a reader may look for another copy of what it could not read: other failures are not of the image. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof IngotError && error.code === 'iso.corrupt';
}

/** The error for a valid structure that this room does not read (a format feature Windows media never use). */
export function unsupported(structure: string, offset: number, detail: string): IngotError {
  return new IngotError('iso.unsupported', `${structure} at offset ${offset}: ${detail}`, {
    remedy: 'Use the ISO as Microsoft publishes it, or write it again with oscdimg, genisoimage or xorriso.',
    evidence: [`structure: ${structure}`, `offset: ${offset}`],
  });
}
