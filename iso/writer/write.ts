import { discBytes } from './bytes.ts';
import { measured } from './content.ts';
import { type IsoOptions, layOut } from './layout.ts';
import type { IsoEntry } from './tree.ts';

export type { IsoOptions } from './layout.ts';

/** A disc whose bytes are made while they are read. Each iteration begins anew, so an upload can be repeated. */
export interface IsoImage extends AsyncIterable<Buffer> {
  /** Bytes of the whole disc. */
  readonly size: number;
}

const CHUNK = 1024 * 1024;

/**
 * Lays out an ISO 9660 level 1 disc with Joliet names (ECMA-119 2nd edition, Joliet specification 1995). The same
 * entries and options give the same bytes. Folders may lie deeper than the 8 levels of ISO 9660, as all readers accept.
 *
 * @throws IngotError `iso.label`, `iso.date`, `iso.path` (with the reason), `iso.too-many-folders`, `iso.file`
 *   (missing, or 4 GiB and more); while iterating `iso.file-changed`, `iso.file`
 */
export async function writeIso(entries: readonly IsoEntry[], options: IsoOptions): Promise<IsoImage> {
  const layout = layOut(await Promise.all(entries.map(measured)), options);
  const { size } = layout;
  // A consumer may keep a chunk, so each has a buffer of its own.
  const buffer = () => Buffer.allocUnsafe(Math.min(CHUNK, size));
  return { size, [Symbol.asyncIterator]: () => discBytes(layout, { buffer, syncUpTo: 0 }) };
}
