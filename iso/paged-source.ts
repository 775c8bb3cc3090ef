import { IngotError } from '../common/failure.ts';
import { checkRange, type RangedSource } from './source.ts';

export interface PageOptions {
  /** Bytes a page, a multiple of 2048. Default 16 KiB: a directory or a descriptor sequence in one read. */
  readonly pageSize?: number;
  /** Most bytes that may be read from the source beneath; what bounds time and memory on hostile input. */
  readonly budget?: number;
}

const KIB = 1024;

/**
 * A source that keeps the pages it has read and gives up with `iso.budget` when more than `budget` bytes would be
 * needed: a hostile image can send a reader in circles, but only through pages that are already in memory.
 */
export function pagedSource(source: RangedSource, options: PageOptions = {}): RangedSource & { bytesRead(): number } {
  const pageSize = options.pageSize ?? 16 * KIB;
  const budget = options.budget ?? 32 * KIB * KIB;
  const pages = new Map<number, Buffer>();
  let bytesRead = 0;

  async function load(first: number, last: number): Promise<void> {
    const offset = first * pageSize;
    const length = Math.min((last + 1) * pageSize, source.size) - offset;
    if (bytesRead + length > budget) {
      throw new IngotError(
        'iso.budget',
        `Expected to need at most ${budget} bytes of ${source.name}, but more are asked for`,
        {
          remedy: 'The file is damaged or made to mislead: get it again from its publisher.',
          evidence: [`offset: ${offset}`, `length: ${length}`, `read so far: ${bytesRead}`],
        },
      );
    }
    bytesRead += length;
    const bytes = await source.read(offset, length);
    for (let page = first; page <= last; page += 1) {
      pages.set(page, bytes.subarray((page - first) * pageSize, (page - first + 1) * pageSize));
    }
  }

  return {
    name: source.name,
    size: source.size,
    bytesRead: () => bytesRead,
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
