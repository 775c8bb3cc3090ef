import { corrupt } from './corrupt.ts';
import { checkRange, type RangedSource } from './source.ts';

export interface PageOptions {
  /** Bytes a page. Default 32 KiB: a directory, or the file entries around one, in one read. */
  readonly pageSize?: number;
  /** Most bytes that may be read from the source beneath; what bounds time and memory on hostile input. */
  readonly budget?: number;
}

/** A source that remembers, and says what it cost. */
export interface PagedSource extends RangedSource {
  /** Bytes read from the source beneath so far. */
  bytesRead(): number;
  /** Reads of the source beneath so far: each is a round trip when it is a URL or a datastore file. */
  reads(): number;
}

const KIB = 1024;

/**
 * A source that keeps the pages it has read and gives up with `iso.corrupt` when more than `budget` bytes would be
 * needed: a hostile image can send a reader in circles, but only through pages that are already in memory.
 */
export function pagedSource(source: RangedSource, options: PageOptions = {}): PagedSource {
  const pageSize = options.pageSize ?? 32 * KIB;
  const budget = options.budget ?? 16 * KIB * KIB;
  const pages = new Map<number, Buffer>();
  let bytesRead = 0;
  let reads = 0;

  async function load(first: number, last: number): Promise<void> {
    const offset = first * pageSize;
    const length = Math.min((last + 1) * pageSize, source.size) - offset;
    if (bytesRead + length > budget) {
      throw corrupt('image', offset, `it leads to more than the ${budget} bytes that are read of an image`);
    }
    bytesRead += length;
    reads += 1;
    const bytes = await source.read(offset, length);
    for (let page = first; page <= last; page += 1) {
      pages.set(page, bytes.subarray((page - first) * pageSize, (page - first + 1) * pageSize));
    }
  }

  return {
    name: source.name,
    size: source.size,
    bytesRead: () => bytesRead,
    reads: () => reads,
    async read(offset, length) {
      checkRange(source.name, source.size, offset, length);
      if (length === 0) return Buffer.alloc(0);
      const first = Math.floor(offset / pageSize);
      const last = Math.floor((offset + length - 1) / pageSize);
      for (let page = first; page <= last; page += 1) {
        if (pages.has(page)) continue;
        let end = page;
        while (end < last && !pages.has(end + 1)) end += 1;
        await load(page, end);
        page = end;
      }
      const start = offset - first * pageSize;
      const wanted = Array.from({ length: last - first + 1 }, (_, i) => pages.get(first + i) ?? Buffer.alloc(0));
      const joined = wanted.length === 1 && wanted[0] !== undefined ? wanted[0] : Buffer.concat(wanted);
      return joined.subarray(start, start + length);
    },
  };
}
